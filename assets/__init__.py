"""The rooms data walks through, left to right: landing, intake, privacy, linkage, core, pathways, indicators, disclosure,
releases. Each room is a package: pure functions, and one thin `assets.py` that opens, calls, casts and writes.

This room may import `schemas` and read `sql/`. It may not import `pipelines`, schedule anything, or know the command line.
"""

"""What data must look like: fields, records, tables, contracts, code lists, messages.

This room holds declarations and what is derived from them. It may not read or write a data file, connect to DuckDB or import
Dagster, `assets` or `pipelines`.
"""

"""Room `indicators`: exact figures, one SQL file of `sql/indicators` each, as one long table.

Here: reading the definitions, aggregating units into figures. Not here: what may be released (`assets/disclosure`).
"""

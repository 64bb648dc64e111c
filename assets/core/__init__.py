"""Room `core`: from every version received to what is true as of the edition, one row per record of a partner, with its person.

Here: the edition's number, versions in force, core tables, coverage. Not here: what follows from them (`assets/pathways`).
"""

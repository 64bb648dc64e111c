"""Room `pathways`: what became of people and referrals, from the core tables.

Here: the run of `sql/pathways`. Not here: the rules, which are in the SQL files; figures (`assets/indicators`).
"""

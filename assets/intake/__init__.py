"""Intake: a delivery becomes typed records, line by line; what is refused is said, and the account balances.

May read the vault and write the vault, the ledger, `line_event` and the receipts. May not write a value of a line anywhere else.
"""

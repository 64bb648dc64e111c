"""Landing: what arrives in `inbox/<partner>/` is hashed, encrypted into the vault, entered in the ledger, and only then removed.

May read the inbox and write the vault and the table `delivery`. May not look inside a file.
"""

"""Quality: Great Expectations suites run on the tables once built; boolean results only.

Not here: the suites (`schemas/expectations.py`).
"""

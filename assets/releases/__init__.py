"""Releases: what leaves the warehouse — the analysts' file and the partners' packs — whole or not at all.

Not here: what may be released.
"""

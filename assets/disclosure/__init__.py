"""Disclosure control: exact figures (`indicator`) become figures that may be released (`release`).

No release reads `indicator`."""

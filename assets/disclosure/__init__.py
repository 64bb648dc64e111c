"""Disclosure control: exact figures (`indicator`) become figures that may be released (`release`). Nothing after this room reads `indicator`."""

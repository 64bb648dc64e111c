"""The message catalogue: every French (and English) sentence a person reads, by code.

Here: reading `messages.yaml` and filling a sentence. Not here: what decides that a message is due.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import cast

import yaml


@cache
def catalogue() -> dict[str, dict[str, str]]:
    """Code → {fr, en[, fix]}."""
    return cast(dict[str, dict[str, str]], yaml.safe_load((files(__package__) / "messages.yaml").read_text("utf-8")))


def say(code: str, lang: str = "fr", **values: object) -> str:
    """The sentence of `code` in `lang`, its braces filled. Raises KeyError for a code that is not in the catalogue."""
    return catalogue()[code][lang].format(**values)


def fix(code: str) -> str:
    """What to do about it, in French; empty when nothing."""
    return catalogue()[code].get("fix", "")

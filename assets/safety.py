"""What leaves a failing room: the kind of the fault and where it happened, never a message or a value.

Libraries put the offending value in their exceptions (DuckDB conversions, pandas, pandera); the orchestrator stores exceptions, their
causes and their text. `sealed` lets none of that out. Here: that wrapper. Not here: errors of configuration or data, which are results.
"""

from __future__ import annotations

import functools
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")

_ROOT = Path(__file__).resolve().parent.parent


class Fault(Exception):
    """A room failed. The text holds the exception's kind and the code locations, nothing else."""

    def __init__(self, kind: str, places: tuple[str, ...]) -> None:
        self.kind = kind
        self.places = places
        super().__init__(f"{kind} at {' < '.join(reversed(places))}")


def _place(frame: traceback.FrameSummary) -> str:
    path = Path(frame.filename)
    name = path.relative_to(_ROOT).as_posix() if path.is_relative_to(_ROOT) else f"…/{path.parent.name}/{path.name}"
    return f"{name}:{frame.lineno}"


def fault_of(error: BaseException) -> Fault:
    """The fault that stands for an exception: its type's name and where it was raised (files and lines of code)."""
    if isinstance(error, Fault):
        return error
    frames = traceback.extract_tb(error.__traceback__, limit=-8)
    return Fault(type(error).__name__, tuple(_place(f) for f in frames))


def sealed(function: Callable[P, R]) -> Callable[P, R]:
    """`function`, of which only a `Fault` can escape; the original exception is neither its cause nor its context."""

    @functools.wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(*args, **kwargs)
        except (KeyboardInterrupt, SystemExit, GeneratorExit):
            raise
        except BaseException as error:  # a panic of a compiled library is no Exception, and its text says as much
            fault = fault_of(error)
        raise fault

    return run

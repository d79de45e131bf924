"""The one switch that turns all of models/fast off, for a doubt or a comparison (docs/fast.md)."""

from collections.abc import Iterator
from contextlib import contextmanager

_state = {"is_on": True}


def is_on() -> bool:
    """Whether networks compute by the kernels of this folder, where they apply."""
    return _state["is_on"]


def turn(*, is_on: bool) -> None:
    """Turn all of it on or off, for the whole process."""
    _state["is_on"] = is_on


@contextmanager
def turned_off() -> Iterator[None]:
    """Off within a `with` block."""
    before = is_on()
    turn(is_on=False)
    try:
        yield
    finally:
        turn(is_on=before)

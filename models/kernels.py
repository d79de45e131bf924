"""How a process says whether its networks compute by the kernels of models/fast (docs/fast.md).

Nothing here imports torch: a run that is taken from the cache needs none.
"""

from models.fast import switch


def use_fast_kernels(*, is_on: bool) -> None:
    """On, or off: networks that are built or run from now on compute by torch's own functions."""
    switch.turn(is_on=is_on)


def uses_fast_kernels() -> bool:
    """Whether they are on."""
    return switch.is_on()

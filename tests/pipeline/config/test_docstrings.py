"""What keys mean is read from the source, of classes that have one."""

from dataclasses import dataclass, make_dataclass

from pipeline.config.docstrings import docstrings


@dataclass
class Animal:
    legs: int = 4
    """How many it
    stands on."""
    sound: str = ""
    """What it says."""
    weight_kg: float = 1.0


@dataclass
class Bird(Animal):
    legs: int = 2
    """Always two."""
    sings: bool = True  # no docstring

    def fly(self) -> None:
        """Go away."""


def test_keys_are_told_by_what_stands_below_them():
    assert docstrings(Animal) == {"legs": "How many it\nstands on.", "sound": "What it says."}


def test_a_class_counts_before_those_that_it_extends():
    assert docstrings(Bird) == {"legs": "Always two.", "sound": "What it says."}


def test_what_has_no_source_tells_nothing():
    assert docstrings(make_dataclass("Made", [("legs", int)])) == {}

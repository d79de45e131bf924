"""`MethodInfo`: what is to be known of a method without building it."""

from dataclasses import dataclass
from typing import Any

WHOLE = "-"  # in Table 5 in the place of a network's name


@dataclass(frozen=True)
class PublishedSize:
    """A row of the paper's Table 5: how many parameters a network of the method has there."""

    network: str  # a name of `Learner.published_counts`
    printed: str  # as the paper prints it
    note: str = ""  # what explains the difference to ours


@dataclass(frozen=True)
class MethodInfo:
    """A method: `METHOD` of models/<method>/method.py, or of a module of your own.

    `settings` is a frozen dataclass all of whose fields have defaults and a docstring below them.
    """

    label: str  # what tables print
    network: str  # what it is, in a few words
    citation: str
    settings: type
    paper_row: int | None = None  # in Tables 3 and 4, from 1; None: the paper has no such row
    sizes: tuple[PublishedSize, ...] = ()
    sized: Any = None  # the settings that Table 5 counts, where they are not the defaults

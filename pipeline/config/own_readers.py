"""Readers of your own in the configuration: a module that holds what `Reader` asks for.

`Reader` is in pipeline/corpora/readers.py; docs/extend.md shows a whole one.
"""

from functools import cache
from typing import get_args

from models.own_modules import SHOWN, OwnModuleError, check_call, entry_of, import_own
from pipeline.base.vocabulary import WhichFace


@cache
def check_reader(name: str) -> None:
    """Refuse a module that is no reader. Raises OwnModuleError."""
    module = import_own(name)
    check_call(module, "files(settings)")
    check_call(module, "read(root, settings)")
    entry_of(module, "TREE", str)
    if entry_of(module, "WHICH_FACE", str) not in get_args(WhichFace):
        raise OwnModuleError(f"{name}: WHICH_FACE must be one of {get_args(WhichFace)}{SHOWN}")

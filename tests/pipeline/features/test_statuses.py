"""Every status that any of our code can give is known to the store and has a meaning for users."""

import ast
from typing import get_args

import pytest

from pipeline.features.cache.extractor import PASSING, STATUSES
from pipeline.features.faces.crops import CropStatus
from pipeline.features.statuses import MEANINGS
from pipeline.media import errors
from tests.modules import MODULES

GIVES_STATUS = {"Encoded": 2, "Record": 1, "FaceRow": 4, "Item": 3}  # which argument it is


def test_each_status_has_one_meaning():
    assert list(MEANINGS) == list(STATUSES)
    assert len(set(MEANINGS.values())) == len(STATUSES)


@pytest.mark.parametrize("given", [get_args(errors.MediaStatus), get_args(CropStatus), PASSING])
def test_media_and_crops_have_no_status_of_their_own(given):
    assert set(given) <= set(STATUSES)


def test_every_error_of_media_has_a_status_that_is_known():
    kinds = errors.MediaError.__subclasses__()
    assert {kind("x").status for kind in kinds} == set(get_args(errors.MediaStatus))


def test_no_line_of_the_pipeline_gives_another_status():
    """Words that the code hands over where a status belongs, found in its syntax."""
    found = {word for path in MODULES.values() for word in _given(path)}
    assert {"ok", "no_media", "too_short", "not_finite", "unknown_text", "no_text"} <= found
    assert found <= set(STATUSES)


def _given(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
            continue
        place = GIVES_STATUS.get(node.func.id)
        if place is None:
            continue
        words = [*node.args[place : place + 1]]
        words += [keyword.value for keyword in node.keywords if keyword.arg == "status"]
        for word in words:
            if isinstance(word, ast.Constant) and isinstance(word.value, str):
                yield word.value

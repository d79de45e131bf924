"""What libraries raise over a damaged part is told in one line, with the part."""

import pytest

from pipeline.tools.bundles.errors import BundleError, ending, told


@pytest.mark.parametrize("error", [KeyError("table"), ValueError("no\nnumber"), IndexError("9")])
def test_a_part_that_cannot_be_read_is_named(error):
    with pytest.raises(BundleError, match=r"^a\.csv cannot be read: [^\n]+$"), told("a.csv"):
        raise error


def test_what_is_said_already_is_not_said_again():
    with pytest.raises(BundleError, match=r"^plain$"), told("a.csv"):
        raise BundleError("plain")


def test_what_a_bundle_says_cannot_drive_a_terminal():
    ended = ending(BundleError("labels of \x1b[2Jnobody:\n  next"))
    assert str(ended) == "error: labels of \\x1b[2Jnobody:\n  next"

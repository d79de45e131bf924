"""Options of stages that may test on another corpus: the rules hand them over empty or filled."""

import argparse
from pathlib import Path

import pytest

from pipeline.stages.elsewhere import add_test_tables


@pytest.mark.parametrize(("given", "read"), [([], None), (["a.csv"], Path("a.csv"))])
def test_an_option_without_a_value_is_no_corpus(given, read):
    parser = argparse.ArgumentParser()
    add_test_tables(parser)
    names = ("utterances", "labels", "splits")
    args = parser.parse_args([word for name in names for word in (f"--test-{name}", *given)])
    assert [getattr(args, f"test_{name}") for name in names] == [read] * 3

"""Options of stages: what must be given, what may be left out, and what a list of none is."""

from pathlib import Path

import pytest

from pipeline.stages.known_options import KNOWN
from pipeline.stages.options import TEST_TABLES, stage_parser


@pytest.mark.parametrize(("given", "read"), [([], None), (["a.csv"], Path("a.csv"))])
def test_an_option_without_a_value_is_no_corpus(given, read):
    """The rules hand the tables of another corpus over empty or filled."""
    words = [word for name in TEST_TABLES for word in (f"--{name}", *given)]
    args = stage_parser("", *TEST_TABLES).parse_args(words)
    assert [args.test_utterances, args.test_labels, args.test_splits] == [read] * 3


def test_what_has_no_default_must_be_given(capsys):
    parser = stage_parser("", "labels", "threads", "runs", out_scores="scores.csv")
    args = parser.parse_args(["--labels", "a/labels.csv", "--out-scores", "b.csv"])
    assert (args.labels, args.threads, args.runs) == (Path("a/labels.csv"), 1, [])
    assert args.out_scores == Path("b.csv")
    for missing in ("--labels", "--out-scores"):
        with pytest.raises(SystemExit):
            parser.parse_args([missing, "c.csv"])
        assert "the following arguments are required" in capsys.readouterr().err


def test_words_of_a_stage_stand_in_its_help():
    told = stage_parser("", "seed", settings="JSON of what it reads").format_help()
    assert "JSON of what it reads" in told
    assert KNOWN["seed"]["help"] in told
    assert KNOWN["settings"]["help"] not in told

"""Options of stages: what must be given, what may be left out, and what a list of none is."""

from pathlib import Path

import pytest

from pipeline.stages.known_options import KNOWN
from pipeline.stages.options import TEST_TABLES, stage_parser, undashed

NAMES = TEST_TABLES.split()


@pytest.mark.parametrize(("given", "read"), [([], None), (["a.csv"], Path("a.csv"))])
def test_an_option_without_a_value_is_no_corpus(given, read):
    """The rules hand the tables of another corpus over empty or filled."""
    words = [word for name in NAMES for word in (f"--{name}", *given)]
    args = stage_parser("", TEST_TABLES, "test-features").parse_args(words)
    assert [args.test_utterances, args.test_labels, args.test_splits] == [read] * 3
    assert args.test_features == []


def test_what_has_no_default_must_be_given(capsys):
    parser = stage_parser("", "labels threads", "runs out-scores")
    args = parser.parse_args(["--labels", "a/labels.csv", "--out-scores", "b.csv"])
    assert (args.labels, args.threads, args.runs) == (Path("a/labels.csv"), 1, [])
    assert args.out_scores == Path("b.csv")
    for missing in ("--labels", "--out-scores"):
        with pytest.raises(SystemExit):
            parser.parse_args([missing, "c.csv"])
        assert "the following arguments are required" in capsys.readouterr().err


def test_what_is_known_says_so_in_the_help():
    told = stage_parser("Stage a: b.", "seed out-shards out-labels").format_help()
    assert KNOWN["seed"]["help"] in told
    assert KNOWN["out-shards"]["help"] in told
    assert "written: labels" in told
    with pytest.raises(KeyError):
        stage_parser("", "sead")


@pytest.mark.parametrize("name", ["-3g5yACwYnA", "-raw", "-1", "./-kept"])
def test_values_may_begin_with_a_dash(name):
    """A folder, a clip and its links: an id of CMU-MOSEI is one of these."""
    words = ["--root", name, "--clip", f"{name}.mp4", "--links", name, "b", "--settings", "{}"]
    args = stage_parser("", "root clip links settings cache").parse_args([*words, "--cache", name])
    assert (args.root, args.cache) == (Path(name), Path(name))
    assert (args.clip, args.links) == (undashed(f"{name}.mp4"), [undashed(name), "b"])
    assert args.clip.startswith("-")


def test_an_option_that_nobody_knows_is_refused():
    with pytest.raises(SystemExit):
        stage_parser("", "root").parse_args(["--root", "a", "--rot", "b"])

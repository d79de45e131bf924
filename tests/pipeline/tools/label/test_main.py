"""The command line of `label`: what does not go together is refused before anything is read."""

import pytest

from pipeline.tools.label.__main__ import main


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "the following arguments are required: SOURCE, --out"),
        (["video.mp4", "--out", "o"], "name one RUN or more and a SOURCE, or --model and a SOURCE"),
        (["run", "v.mp4", "--model", "faces", "--out", "o"], "or --model and a SOURCE alone"),
        (["v.mp4", "--model", "faces", "--risk", "0.2", "--out", "o"], "--risk needs calibrated"),
        (["v.mp4", "--model", "voices", "--out", "o"], "invalid choice: 'voices'"),
        (["run", "v", "--out", "o", "--risk", "1"], "'1' is not a share of wrong labels"),
        (["run", "v", "--out", "o", "--risk", "-0.1"], "'-0.1' is not a share of wrong labels"),
        (["run", "v", "--out", "o", "--risk", "nan"], "'nan' is not a share of wrong labels"),
        (["run", "v", "--out", "o", "--risk", "few"], "'few' is not a share of wrong labels"),
        (["run", "v", "--out", "o", "--threads", "0"], "'0' is not a number of threads, 1 or more"),
        (["run", "v", "--out", "o", "--cores", "1.5"], "'1.5' is not a number of threads"),
    ],
)
def test_what_does_not_go_together_is_refused(words, said, capsys):
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 2
    assert said in capsys.readouterr().err


def test_every_word_before_the_last_is_a_run(tmp_path):
    """The first of two folders is read as a run; nothing is made."""
    first, second, out = (tmp_path / name for name in ("first", "second", "out"))
    with pytest.raises(SystemExit, match=r"error: .*/first has no weights\.safetensors and no r"):
        main([str(first), str(second), "clips", "--out", str(out)])
    assert not out.exists()


def test_a_device_that_is_not_there_is_no_traceback(tmp_path):
    with pytest.raises(SystemExit, match=r"error: .*nowhere"):
        main([str(tmp_path), "clips", "--out", str(tmp_path / "o"), "--device", "nowhere"])

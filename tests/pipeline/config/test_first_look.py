"""The profiles look at what Snakemake would read before the workflow can, by any command."""

import subprocess
import sys
from pathlib import Path

import pytest
from snakemake.cli import parse_args

from pipeline.base.provenance import ROOT
from pipeline.config.first_look import look

BOMB = "l0: &l0 {a: 1, b: 2}\n" + "".join(
    f"l{n}: &l{n} {{{', '.join(f'k{m}: *l{n - 1}' for m in range(9))}}}\n" for n in range(1, 12)
)
RUNS_CODE = """\
__use_yte__: true
__definitions__:
  - import pathlib; pathlib.Path("TRACE").touch()
"""
FILES = [
    (None, ": cannot be read: there is no such file"),
    ("a: [1\nb: 2\n", ", line 2, column 2: cannot be read as YAML"),
    (BOMB, "anchors and aliases make more than 50,000 values"),
    (RUNS_CODE, ", line 1: __use_yte__: templates are not run; delete it"),
    ("a: 1\na: 2\n", ", line 2: the key 'a' stands twice"),
]


@pytest.fixture
def place(tmp_path):
    """Writes a configuration, or none; gives its path."""

    def write(text: str | None) -> Path:
        path = tmp_path / "mine.yaml"
        if text is not None:
            path.write_text(text.replace("TRACE", str(tmp_path / "trace")))
        return path

    return write


@pytest.mark.parametrize("profile", ["default", "gpu", "slurm"])
@pytest.mark.parametrize(("text", "said"), FILES)
def test_snakemake_with_our_profiles_reads_no_file_that_we_refuse(
    place, profile, text, said, monkeypatch, capsys
):
    path = place(text)
    arguments = ["--workflow-profile", profile, "--configfile", str(path)]
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(sys, "argv", ["snakemake", *arguments])
    with pytest.raises(SystemExit, match="1"):
        parse_args(arguments)
    assert f"error: {path}{said}" in (errors := capsys.readouterr().err) or said in errors
    assert not (path.parent / "trace").exists()


@pytest.mark.parametrize(("text", "said"), [FILES[0], FILES[3]])
def test_the_command_itself_ends_with_one_sentence(place, text, said):
    path = place(text)
    done = subprocess.run(
        [sys.executable, "-m", "snakemake", "--dry-run", "--configfile", path],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == f"error: {path}{said}"
    assert "Traceback" not in done.stderr
    assert not (path.parent / "trace").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--configfiles", "config.yaml", "nope.yaml"], "nope.yaml: cannot be read"),
        (["--configfile=nope.yaml"], "nope.yaml: cannot be read"),
        (["--configfi", "nope.yaml"], "nope.yaml: cannot be read"),
        (["--config", "root=/data/My", "clips"], "--config clips: expected KEY=VALUE; a value"),
        (["-C", "root"], "--config root: expected KEY=VALUE"),
        (
            ["--config", "train.n_epochs=3"],
            "'train.n_epochs' is not a key of a configuration",
        ),
    ],
)
def test_every_spelling_is_looked_at(arguments, said, monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    with pytest.raises(SystemExit, match="1"):
        look(["-n", *arguments, "--cores", "2"])
    assert said in capsys.readouterr().err


def test_what_can_be_read_passes(monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    look(
        ["--configfile", "configs/clips.yaml", "--config", "root=a b", "train={n_epochs: 3}", "-n"]
    )
    look(["report", "-n", "--cores", "2"])
    assert not capsys.readouterr().err

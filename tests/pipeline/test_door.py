"""One door to all commands."""

from pathlib import Path

import pytest

from pipeline.__main__ import COMMANDS, main
from tests.pipeline.report.test_studies import write_study


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_opens_and_explains_itself(name, capsys):
    with pytest.raises(SystemExit, match="0"):
        main([name, "--help"])
    said = capsys.readouterr().out
    assert said.startswith(f"usage: python -m pipeline {name}")
    assert f"\n    python -m pipeline {name}" in said  # an example


@pytest.mark.parametrize("name", ["stats", "verify", "gc", "explain"])
def test_every_part_of_cache_has_an_example(name, capsys):
    with pytest.raises(SystemExit, match="0"):
        main(["cache", name, "--help"])
    assert f"example: python -m pipeline cache {name}" in capsys.readouterr().out


def test_without_a_command_all_are_listed(capsys):
    main([])
    said = capsys.readouterr().out
    assert all(f"  {name} " in said for name in COMMANDS)


def test_an_unknown_command_is_refused_with_those_that_there_are():
    with pytest.raises(SystemExit, match="no command 'docter'; use one of doctor, weights"):
        main(["docter"])


def test_report_says_what_was_found_and_where(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit, match=r"error: .*/build/report has no study: `snakemake"):
        main(["report"])
    write_study(Path("build/report"), "mosi", date="2026-11-28T10:00:00+00:00")
    Path("build/logs").mkdir()
    Path("build/logs/report_mosi.txt").write_text("found: t: 70 %\ndone: x\n")
    main(["report"])
    of_mosi = "t: 70 %\nThe report: build/report/mosi/index.html\n"
    assert capsys.readouterr().out == of_mosi

    write_study(Path("build/report"), "meld", date="2026-11-28T11:00:00+00:00")
    main(["report"])
    everything = "All 2 studies: build/report/index.html\n"
    said = capsys.readouterr().out
    assert said == f"The report: build/report/meld/index.html\n{everything}"
    main(["report", "mosi"])
    assert capsys.readouterr().out == of_mosi + everything
    with pytest.raises(SystemExit, match="no study 'nope', only meld, mosi"):
        main(["report", "nope"])

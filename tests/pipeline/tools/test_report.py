"""`report`: the last words of a run, said again."""

from pathlib import Path

import pytest

from pipeline.tools.report import main
from tests.pipeline.report.test_studies import write_study


def test_report_says_what_was_found_and_where(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit, match=r"error: .*/build/report has no study: `snakemake"):
        main([])
    write_study(Path("build/report"), "mosi", date="2026-11-28T10:00:00+00:00")
    Path("build/logs").mkdir()
    Path("build/logs/report_mosi.txt").write_text("found: t: 70 %\ndone: x\n")
    main([])
    of_mosi = "t: 70 %\nThe report: build/report/mosi/index.html\n"
    assert capsys.readouterr().out == of_mosi

    write_study(Path("build/report"), "meld", date="2026-11-28T11:00:00+00:00")
    main([])
    everything = "All 2 studies: build/report/index.html\n"
    said = capsys.readouterr().out
    assert said == f"The report: build/report/meld/index.html\n{everything}"
    main(["mosi"])
    assert capsys.readouterr().out == of_mosi + everything
    with pytest.raises(SystemExit, match="no study 'nope', only meld, mosi"):
        main(["nope"])

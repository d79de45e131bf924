"""docs/reruns.md has the rerun table as it is today."""

from tests.documents.pages import ROOT
from tests.workflow.rerun_matrix import main


def test_the_page_has_the_matrix_of_today(capsys):
    main()
    keys, files = capsys.readouterr().out.strip().split("\n\n")[-2:]
    assert keys in (ROOT / "docs/reruns.md").read_text(encoding="utf-8")
    assert files.startswith("| file |")

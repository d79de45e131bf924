"""The linter's wrapper lets through exactly what is waived."""

from tests.workflow.lint import remaining

REPORT = """Lints for rule a (line 1, x.smk):
    * Specify a conda environment or container for each rule.:
      text
    * No log directive defined:
      text
"""


def test_only_unwaived_lints_remain_with_their_place():
    assert remaining(REPORT) == ["Lints for rule a (line 1, x.smk): No log directive defined:"]

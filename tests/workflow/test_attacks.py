"""A configuration that attacks, given to Snakemake itself."""

import subprocess
import sys

import pytest

from tests.workflow.driver import ROOT


@pytest.mark.parametrize("option", ["--configfile", "config.yaml of the folder"])
def test_a_tag_that_would_run_a_command_is_refused(tmp_path, option):
    mark = tmp_path / "ran"
    config = tmp_path / "config.yaml"
    config.write_text(f"cache: !!python/object/apply:os.system ['touch {mark}']\n")
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile")]
    command += ["--directory", str(tmp_path), "--dry-run"]
    command += ["--configfile", str(config)] if option == "--configfile" else []
    ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert ended.returncode != 0
    assert "could not determine a constructor for the tag" in ended.stdout + ended.stderr
    assert not mark.exists()

"""Run a command as a rule would: with the bash functions of pipeline/rules/job.sh around it."""

import shlex
import subprocess
from collections.abc import Sequence
from pathlib import Path

from tests.workflow.driver import ROOT


def run_job(
    outputs: Sequence[Path], command: str, *, folder: Path = Path(), decision: str = "d3c1de"
) -> subprocess.CompletedProcess[str]:
    """Run `job LOG DECISION OUTPUT...` and `command` in `folder`."""
    words = " ".join(shlex.quote(str(path)) for path in outputs)
    script = (
        f"set -euo pipefail; source {shlex.quote(str(ROOT))}/pipeline/rules/job.sh\n"
        f"job log.txt {decision} {words}\n{command}"
    )
    return subprocess.run(
        ["bash", "-c", script], cwd=folder, capture_output=True, text=True, check=False
    )

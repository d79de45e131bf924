"""Does the registry have a wheel of every locked package for every supported Python?

`python -m tests.environment.wheels`: asks the registry, and ends with 1 where one is missing.
"""

import subprocess
import sys
from pathlib import Path

from tests.environment.locks import ROOT, TOOLS, USERS, supported_pythons

# glibc 2.34: Debian 12, Ubuntu 22.04, RHEL 9; moonshine-voice has nothing older.
PLATFORMS = ("x86_64-manylinux_2_34", "aarch64-manylinux_2_34")


def ask(lock: Path, python: str, platform: str) -> str:
    """What `uv` says about wheels of `lock` there; empty where all exist."""
    answer = subprocess.run(
        ["uv", "pip", "compile", "--no-deps", "--only-binary", ":all:", "--quiet",
         "--python-version", python, "--python-platform", platform, str(lock)],
        cwd=ROOT, capture_output=True, text=True,
    )  # fmt: skip
    return answer.stderr if answer.returncode else ""


def main() -> int:
    """Print a line for each Python and platform; 1 where a wheel is missing."""
    missing = 0
    for lock in (USERS, TOOLS):
        for platform in PLATFORMS:
            for python in supported_pythons():
                said = ask(lock, python, platform)
                print(f"{lock.name}, Python {python}, {platform}: {said or 'a wheel of each'}")
                missing += bool(said)
    return min(missing, 1)


if __name__ == "__main__":
    sys.exit(main())

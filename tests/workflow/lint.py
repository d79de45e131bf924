"""`snakemake --lint` less what is waived here, each with its reason. Exit 1 if anything remains."""

import re
import subprocess
import sys

WAIVERS = {
    "Specify a conda environment or container for each rule": "one environment serves all rules: "
    "requirements.lock, every package with its hash, installed by make",
    "Mixed rules and functions in same snakefile": "an input function of one file's rules stands "
    "beside them; those of several files are in common.smk",
    'Absolute path "/dev"': "device files tell whether this machine has a GPU",
    **{
        f"Environment variable {name} used but not asserted": "it is set for jobs, not needed"
        for name in (
            "PATH",
            "PYTHONPATH",
            "PYTHONSAFEPATH",
            "PYTHONUNBUFFERED",
            "ITEACNET_JOBS_SPEAK",
        )
    },
}


def remaining(report: str) -> list[str]:
    """Lints of a report that no waiver covers, each after the file or rule that it is about."""
    found, place = [], ""
    for line in report.splitlines():
        if line.startswith("Lints for"):
            place = line
        match = re.match(r"    \* (.*)", line)
        if match and not any(match[1].startswith(waiver) for waiver in WAIVERS):
            found.append(f"{place} {match[1]}")
    return found


def main() -> None:
    """Run Snakemake's linter and say what is left."""
    command = [sys.executable, "-m", "snakemake", "--lint"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if "Lints for" not in done.stderr:
        raise SystemExit(f"snakemake --lint did not run:\n{done.stderr}")
    lints = remaining(done.stderr)
    for lint in lints:
        print(lint)
    print(f"snakemake --lint: {len(lints)} left, {len(WAIVERS)} kinds waived in {__file__}")
    if lints:
        raise SystemExit(1)


if __name__ == "__main__":
    main()

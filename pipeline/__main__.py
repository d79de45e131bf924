"""One door to the commands: python -m pipeline COMMAND ...

    python -m pipeline doctor --configfile configs/iemocap.yaml --config root=/data/iemocap
    python -m pipeline weights --configfile configs/paper.yaml
    python -m pipeline label RUN interview.mp4 --out labels
    python -m pipeline corrected labels --out utterances.csv
    python -m pipeline export build/clips --format npz --out clips.npz
    python -m pipeline cache stats
    python -m pipeline report
    python -m pipeline bundle build/report/miniature --out miniature.zip
    python -m pipeline verify miniature.zip
    python -m pipeline extend miniature.zip --method mine --predictions mine.csv --out more.zip
    python -m pipeline compare before.zip after.zip
    python -m pipeline check-method NAME

Each has its own --help. The workflow itself is `snakemake --cores 8` (docs/terminal.md).
"""

import sys
from importlib import import_module

COMMANDS = {  # name: the module that has `main`, what it does
    "doctor": (
        "pipeline.tools.doctor",
        "what a configuration needs, what is there, what is missing",
    ),
    "weights": ("pipeline.tools.fetch_weights", "fetch the weights that a configuration names"),
    "label": ("pipeline.tools.label.__main__", "labels for new videos from a finished run"),
    "corrected": ("pipeline.tools.corrected", "labels that were corrected in ELAN, as a table"),
    "export": (
        "pipeline.tools.export.__main__",
        "features and labels of a corpus in layouts that others read",
    ),
    "cache": ("pipeline.tools.cache.__main__", "look into the cache: stats, verify, gc, explain"),
    "check-method": (
        "pipeline.tools.check_method",
        "try a method: padding, determinism, state, nothing withheld is seen",
    ),
    "bundle": (
        "pipeline.tools.bundles.bundle",
        "a study as a file: masks, predictions, tables, a card; no media",
    ),
    "verify": (
        "pipeline.tools.bundles.verify",
        "check a bundle without the corpus: every table anew",
    ),
    "compare": (
        "pipeline.tools.bundles.compare",
        "two studies in one paired test, over what coincides",
    ),
    "extend": ("pipeline.tools.bundles.extend", "put another method into a bundle's paired test"),
    "report": ("pipeline.tools.report", "what a report found, and where its page is"),
}


def main(argv: list[str] | None = None) -> None:
    """Hand the rest of the command line to the command."""
    name, *rest = (sys.argv[1:] if argv is None else argv) or ["--help"]
    if name in ("--help", "-h"):
        listed = "\n".join(f"  {command:<14}{what}" for command, (_, what) in COMMANDS.items())
        print(f"{__doc__}\nCommands:\n{listed}")
        return
    if name not in COMMANDS:
        raise SystemExit(f"error: there is no command {name!r}; use one of {', '.join(COMMANDS)}")
    import_module(COMMANDS[name][0]).main(rest)


if __name__ == "__main__":
    main()

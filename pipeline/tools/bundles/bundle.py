"""A whole study as one file to hand on: splits, masks, predictions, configuration, tables, a card.

    python -m pipeline bundle configs/miniature.yaml --out miniature.zip
    python -m pipeline bundle build/report/miniature --out miniature.zip --license CC-BY-4.0

STUDY is the folder of a report, or a configuration whose results lie in build/. No media, no words,
no speakers, no features and no weights go in; labels do: whether they may be passed on is for the
licence of the corpus to say. `verify` checks a bundle without the corpus, `extend` puts another
method into it, `compare` pairs two. For one trained model see `export --model`. Exit code 0: it is
there; 1: it cannot be made.
"""

import argparse
import tempfile
from pathlib import Path

from pipeline.base.files import write_json
from pipeline.base.wording import counted
from pipeline.config.settings import dump
from pipeline.tools.bundles.checking import contradictions
from pipeline.tools.bundles.contents import gather
from pipeline.tools.bundles.errors import BundleError, ending, told
from pipeline.tools.bundles.opening import (
    CONFIGURATION,
    Opened,
    complete,
    find_settings,
    refuse_stale,
)
from pipeline.tools.bundles.packing import About, pack
from pipeline.tools.options import command_parser


def main(argv: list[str] | None = None) -> None:
    """Read the command line, gather, score anew, pack."""
    args = _parse(argv)
    try:
        with tempfile.TemporaryDirectory() as name:
            print(*write_study(args, Path(name)), sep="\n")
    except (BundleError, OSError) as error:
        raise ending(error) from None


def write_study(args: argparse.Namespace, folder: Path) -> list[str]:
    """Write the bundle; what is to be said of it."""
    settings, build = find_settings(args.study, args.config)
    about = About(license=args.license, citation=args.cite)
    with told(build):
        opened = Opened(gather(settings, build, folder), folder, about)
        for task in opened.study.tasks:
            if wrong := next(contradictions(opened.study, task, folder), ""):
                raise BundleError(f"{wrong}: run `snakemake` anew")
        complete(opened)
        refuse_stale(opened.study, folder, build)
    # Where the media lie, which a page may link to, is nobody's business.
    write_json(folder / CONFIGURATION, dump(settings.model_copy(update={"media": {}})))

    digest = pack(folder, about, args.out)
    n_runs = sum(len(task.runs) for task in opened.study.tasks.values())
    return [
        f"{args.out}: {counted(len(opened.study.methods), 'method')}, {counted(n_runs, 'run')} of "
        f"{', '.join(opened.study.tasks)}; {args.out.stat().st_size:,} bytes",
        f"sha256 of the study, to print beside its numbers: {digest}",
        f"Whoever has it checks it with: python -m pipeline verify {args.out}",
    ]


def _parse(argv: list[str] | None) -> argparse.Namespace:
    parser = command_parser("bundle", __doc__)
    parser.add_argument(
        "study", type=Path, metavar="STUDY", help="build/report/NAME or configs/NAME.yaml"
    )
    parser.add_argument(
        "--config", nargs="+", default=[], metavar="KEY=VALUE", help="as it was run"
    )
    parser.add_argument("--out", type=Path, required=True, help="the new file, NAME.zip")
    parser.add_argument("--license", default="", help="under which others may use it")
    parser.add_argument("--cite", default="", help="how to cite it")
    return parser.parse_args(argv)


if __name__ == "__main__":
    main()

"""Stage report: scores, tables, stores and traces -> one page, its tables and its figures."""

import argparse
from datetime import UTC, datetime
from pathlib import Path

from pipeline.base.files import write_json, write_text
from pipeline.config.settings import dump, parse_section
from pipeline.config.studies import UNNAMED, StudyCard
from pipeline.report.made_page import Made
from pipeline.report.outputs import write_outputs
from pipeline.report.page import render
from pipeline.report.study import StudyFiles, StudySettings, page_view
from pipeline.stages.options import stage_parser, undashed

WRITTEN = "out-page out-tables out-figures out-card out-settings"


def main(argv: list[str] | None = None) -> None:
    """Read the command line, build the views, write page, tables, figures, card and settings."""
    args = _parser().parse_args(argv)
    settings = parse_section(args.settings, StudySettings, where="")
    made = Made(datetime.now(UTC).isoformat(timespec="seconds"), args.configuration)
    files = StudyFiles(args.build, args.cache, args.parameters, args.faces, args.out_page, made)

    page = page_view(settings, files)
    write_outputs(page, args.out_tables, args.out_figures)
    write_text(args.out_page, render(page))

    card = StudyCard(
        name=settings.report.name or UNNAMED,
        title=page.title,
        date=made.date,
        configuration=tuple(args.configuration),
        found=tuple(f"{task.name}: {task.headline}" for task in page.tasks),
    )
    write_json(args.out_card, dump(card))
    write_json(args.out_settings, dump(settings))

    for sentence in card.found:
        print(f"found: {sentence}")
    print("done: the page with its tables and figures")


def _parser() -> argparse.ArgumentParser:
    parser = stage_parser(__doc__, "cache build parameters settings", WRITTEN)
    parser.add_argument("--faces", type=Path, nargs="*", default=[], help="tables of the shards")
    parser.add_argument("--configuration", nargs="*", default=[], type=undashed, help="its files")
    return parser


if __name__ == "__main__":
    main()

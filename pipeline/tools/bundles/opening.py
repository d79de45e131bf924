"""A study in a folder of its own, wherever it comes from: a bundle, a report, a configuration.

STUDY.zip             a bundle; its parts must be as its list says
build/report/NAME     a report that was made, with its settings.json
configs/NAME.yaml     a configuration, whose results lie in build/ of the present folder
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.base.errors import SettingsError
from pipeline.base.files import write_json, write_text
from pipeline.base.wording import counted
from pipeline.config.configuration import read_config
from pipeline.config.settings import dump, parse_section
from pipeline.report.study import StudySettings
from pipeline.rules.decisions import Decisions
from pipeline.rules.plan import Plan
from pipeline.tools.bundles.card import CARD, study_card
from pipeline.tools.bundles.contents import gather
from pipeline.tools.bundles.errors import BundleError, told
from pipeline.tools.bundles.packing import About, unpack
from pipeline.tools.bundles.rescoring import difference, rescore
from pipeline.tools.bundles.rows import write_row_digests
from pipeline.tools.bundles.study import BUILD, Study

STUDY, CONFIGURATION = "study.json", "configuration.json"
SETTINGS = "settings.json"  # of a report
MAX_JSON_BYTES = 64 * 2**20


@dataclass(frozen=True)
class Opened:
    """A study, the folder that its parts lie in, and what is said of it."""

    study: Study
    folder: Path
    about: About


def open_study(place: Path, folder: Path, arguments: Sequence[str] = ()) -> Opened:
    """The study at `place`, its parts below an empty `folder`; `arguments`: of `--config`."""
    if place.suffix != ".zip":
        settings, build = find_settings(place, arguments)
        with told(build):
            return Opened(gather(settings, build, folder), folder, About())
    unpacked = unpack(place, folder)
    if unpacked.changed:
        raise BundleError(
            f"{place}: {counted(len(unpacked.changed), 'part is', 'parts are')} not as bundled; "
            f"`python -m pipeline verify {place}` says which"
        )
    return Opened(read_study(folder), folder, unpacked.manifest.about)


def find_settings(place: Path, arguments: Sequence[str] = ()) -> tuple[StudySettings, Path]:
    """What a report or a configuration says of its study, and the build folder of its results."""
    try:
        if place.is_dir():
            if not (place / SETTINGS).is_file():
                raise BundleError(
                    f"{place} has no {SETTINGS}: name the folder of a report, build/report/NAME, a "
                    "configuration, configs/NAME.yaml, or a bundle, NAME.zip"
                )
            text = (place / SETTINGS).read_text(encoding="utf-8")
            build = place.resolve().parent.parent
            return parse_section(text, StudySettings, where=str(place)), build

        plan = Plan(read_config(place, arguments))
        settings = Decisions(plan).settings("report", {})
        return parse_section(settings, StudySettings, where=""), Path(BUILD)
    except SettingsError as error:
        raise BundleError(str(error)) from None


def read_study(folder: Path) -> Study:
    """study.json of an unpacked bundle."""
    path = folder / STUDY
    if not path.is_file():
        raise BundleError(f"the bundle has no {STUDY}")
    if path.stat().st_size > MAX_JSON_BYTES:
        raise BundleError(f"{STUDY} has more than {MAX_JSON_BYTES:,} bytes")
    with told(STUDY):
        return parse_section(path.read_text(encoding="utf-8"), Study, where=STUDY)


def complete(opened: Opened) -> None:
    """Write what follows from the rest: row digests, tables, study.json and the card."""
    study, folder = opened.study, opened.folder
    for task in study.tasks:
        for run in study.tasks[task].runs:
            write_row_digests(folder / BUILD / task / run.place)
    tasks = rescore(study, folder)
    write_json(folder / STUDY, dump(study))
    write_text(folder / CARD, study_card(study, opened.about, tasks))


def refuse_stale(study: Study, folder: Path, build: Path) -> None:
    """Refuse results that their own predictions do not bear out."""
    for task in study.tasks:
        for name in ("scores.csv", "reliability.csv"):
            there = build / task / name
            if said := difference(there, folder / BUILD / task / name):
                raise BundleError(
                    f"{there} is not what the predictions give ({said}): run `snakemake` anew"
                )

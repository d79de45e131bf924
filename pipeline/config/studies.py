"""Studies: what each is called, and the cards that lie beside reports."""

import re
from collections.abc import Sequence
from pathlib import Path

from pipeline.base.errors import SettingsError
from pipeline.config.report import INDEX
from pipeline.config.settings import Name, Section, parse_section

UNNAMED = "study"
CARD = "study.json"
MAX_BYTES = 1 << 20  # a card has a sentence per task
STRANGE = re.compile(r"[^A-Za-z0-9._-]+")
MAX_LETTERS = 100


class StudyCard(Section):
    """build/report/NAME/study.json: enough of a study to list it among others."""

    name: Name
    """Of its folder in build/report."""
    title: str
    """Of its page."""
    date: str
    """When its report was made: ISO 8601, UTC."""
    configuration: tuple[str, ...]
    """Files that it was read from, as they were given."""
    found: tuple[str, ...]
    """The first sentence of each task."""


def study_name(files: Sequence[Path]) -> str:
    """The name of a study that says none: of its configuration files, as part of a path.

    >>> study_name([Path("configs/mosi.yaml"), Path("quick.yaml")])
    'mosi-quick'
    """
    stems = "-".join(path.stem for path in files)
    return STRANGE.sub("-", stems).strip("-.")[:MAX_LETTERS] or UNNAMED


def fault_of_name(reports: Path, name: str, files: Sequence[Path]) -> str:
    """Why a study called as its files may not have this name: another file's report has it; "".

    A file that is gone, or that was moved, stands in nobody's way.
    """
    path = reports / name / CARD
    try:
        last = [Path(file) for file in _read(path).configuration[-1:]]
    except (OSError, UnicodeDecodeError, SettingsError):
        return ""

    if not files or not last or not last[0].is_file() or last[0].samefile(files[-1]):
        return ""
    return (
        f"{reports / name} holds the report of {last[0]}, and {files[-1]} would replace it: both "
        f"studies are called {name}. Rename one of the files, or give this study a name of its "
        "own: report.name"
    )


def read_cards(reports: Path) -> tuple[list[StudyCard], list[str]]:
    """The cards of all studies that have a page, the newest first; notes on those not readable."""
    cards: list[StudyCard] = []
    notes: list[str] = []

    for path in sorted(reports.glob(f"*/{CARD}")):
        if not path.with_name(INDEX).is_file():
            continue
        try:
            cards.append(_read(path))
        except (OSError, UnicodeDecodeError, SettingsError) as error:
            notes.append(f"note: {path} cannot be read, so its study is not listed: {error}")
    return sorted(cards, key=lambda card: (card.date, card.name), reverse=True), notes


def _read(path: Path) -> StudyCard:
    with path.open("rb") as stream:
        content = stream.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise SettingsError(f"it has more than {MAX_BYTES:,} bytes")
    card = parse_section(content.decode(), StudyCard, where=CARD)
    if card.name != path.parent.name:
        raise SettingsError(f"it is the card of {card.name}")
    return card

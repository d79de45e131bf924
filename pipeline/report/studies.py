"""The page that lists all studies of a folder, build/report/index.html.

Each study writes its own folder, by a rule. The list is of whatever folders are there, whichever
configuration made them, so no rule of one configuration can own it: the Snakefile writes it when a
run has ended well.
"""

from collections.abc import Sequence
from pathlib import Path

from markupsafe import Markup

from pipeline.base.files import write_text
from pipeline.config.report import INDEX
from pipeline.config.studies import StudyCard, read_cards
from pipeline.report.templating import environment, style


def write_index(reports: Path) -> list[str]:
    """Write the page that lists all studies, if there are any; what is to be said of it."""
    cards, notes = read_cards(reports)
    if not cards:
        return notes
    text, page = render_index(cards), reports / INDEX
    if not page.is_file() or page.read_bytes() != text.encode():
        write_text(page, text)
    return notes


def render_index(cards: Sequence[StudyCard]) -> str:
    """One self-contained HTML document."""
    template = environment().get_template("studies.html")
    return template.render(cards=cards, style=Markup(style()))

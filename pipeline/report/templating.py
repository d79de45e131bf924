"""The templates of pages: everything is escaped, and what a template lacks is an error."""

import re
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from pipeline.report.palettes import CLASSES

TEMPLATES = Path(__file__).parent / "templates"


def environment(*folders: Path) -> Environment:
    """Reads templates from these folders, and from this one."""
    made = Environment(
        loader=FileSystemLoader([*folders, TEMPLATES]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["breakable"] = breakable
    return made


def breakable(text: object) -> Markup:
    """Text that may be broken after each +, / and _, and never between ± and its number."""
    safe = str(escape(str(text))).replace("± ", "±\u00a0")
    return Markup(re.sub(r"(?<=[A-Za-z])([+/_])(?=[A-Za-z])", r"\1<wbr>", safe))


def style() -> str:
    """The style sheet of all pages, with the hues of classes by their number."""
    hues = (f'[data-hue="{number}"] {{ --hue: {hue}; }}' for number, hue in enumerate(CLASSES))
    return "\n".join([(TEMPLATES / "style.css").read_text(encoding="utf-8"), *hues])

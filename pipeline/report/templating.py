"""The templates of pages: everything is escaped, and what a template lacks is an error."""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from pipeline.report.palettes import CLASSES

TEMPLATES = Path(__file__).parent / "templates"


def environment() -> Environment:
    """Reads templates from this folder."""
    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def style() -> str:
    """The style sheet of all pages, with the hues of classes by their number."""
    hues = (f'[data-hue="{number}"] {{ --hue: {hue}; }}' for number, hue in enumerate(CLASSES))
    return "\n".join([(TEMPLATES / "style.css").read_text(encoding="utf-8"), *hues])

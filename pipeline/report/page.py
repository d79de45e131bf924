"""The page: views through templates, everything escaped, nothing fetched, no script."""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from pipeline.report.formats import groups
from pipeline.report.svg import with_own_ids
from pipeline.report.views import FigureView, PageView

TEMPLATES = Path(__file__).parent / "templates"


def render(page: PageView) -> str:
    """One self-contained HTML document."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(groups=groups, picture=_picture)
    style = (TEMPLATES / "style.css").read_text(encoding="utf-8")
    return environment.get_template("page.html").render(page=page, style=_as_style(style))


def _picture(view: FigureView) -> Markup:
    """The figure's SVG, which matplotlib wrote and escaped; its ids made the figure's own."""
    return Markup(with_own_ids(view.svg, view.name))


def _as_style(text: str) -> Markup:
    if "</" in text:
        raise ValueError("style.css must not close its element")
    return Markup(text)

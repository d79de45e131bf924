"""The page: views through templates, everything escaped, nothing fetched, no script."""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from pipeline.report.views import PageView

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
    macros = environment.get_template("macros.html").module
    environment.globals.update(table=macros.table, figure=macros.figure)  # type: ignore[attr-defined]
    style = (TEMPLATES / "style.css").read_text(encoding="utf-8")
    return environment.get_template("page.html").render(page=page, style=_as_style(style))


def _as_style(text: str) -> str:
    from markupsafe import Markup

    if "</" in text:
        raise ValueError("style.css must not close its element")
    return Markup(text)

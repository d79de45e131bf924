"""The page: views through templates, everything escaped, nothing fetched, one script of our own.

The policy of the page names the script by its digest, so that no other can run.
"""

import base64
import hashlib
import re

from markupsafe import Markup

from pipeline.report.formats import groups
from pipeline.report.glossary import Linker
from pipeline.report.svg import with_own_ids
from pipeline.report.templating import TEMPLATES, environment, style
from pipeline.report.views import ExploreView, FigureView, PageView

SCRIPTS = ("page.js", "explore.js")


def render(page: PageView) -> str:
    """One self-contained HTML document."""
    templates = environment()
    linker = Linker()
    templates.filters.update(groups=groups, picture=_picture, linked=linker.link, slug=slug)
    templates.globals["linker"] = linker
    script = "\n".join((TEMPLATES / name).read_text(encoding="utf-8") for name in SCRIPTS)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return templates.get_template("page.html").render(
        page=page,
        style=_within("style", style()),
        script=_within("script", script),
        script_digest=digest,
        explore_data=_explore_data,
    )


def slug(title: str) -> str:
    """A title as part of an id."""
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")


def _picture(view: FigureView) -> Markup:
    """The figure's SVG, which matplotlib wrote and escaped; its ids made the figure's own."""
    return Markup(with_own_ids(view.svg, view.name))


def _explore_data(view: ExploreView) -> Markup:
    """JSON without any < of its own (`explore`), so that nothing in it ends the element."""
    return _within("script", view.data)


def _within(element: str, text: str) -> Markup:
    if "</" in text:
        raise ValueError(f"what stands in a {element} element must not close it")
    return Markup(text)

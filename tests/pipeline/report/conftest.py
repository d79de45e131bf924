"""Builds of `builds.py`: one to make, two to read only."""

import pytest

from tests.chromium import launched
from tests.documents.pages import templates
from tests.pipeline.report.builds import EVIL, write_build

ARGUMENTS = [
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
OPEN_ALL = "() => document.querySelectorAll('details').forEach(one => { one.open = true; })"

paper = {
    "iteacnet": {"model": "iteacnet", "evaluations": ["ime", "ume"]},
    "gcnet": {"model": "gcnet", "evaluations": ["ime", "ume"]},
    "ae": {"model": "ae", "evaluations": ["ume"]},
    "its_tf_tf": {
        "model": "iteacnet",
        "evaluations": ["ime"],
        "settings": {"student": {"encoder": "transformer", "n_layers": 4, "dropout": 0.0}},
    },
    "ts_nas_tf": {
        "model": "iteacnet",
        "evaluations": ["ime"],
        "settings": {
            "teacher": {"encoder": "nas", "n_layers": 4, "dropout": 0.5},
            "student": {"encoder": "transformer", "n_layers": 3, "dropout": 0.0},
        },
    },
    "gcnet_framework_tf": {
        "model": "iteacnet",
        "evaluations": ["ime"],
        "settings": {"framework": "gcnet"},
    },
    "ecce_none": {
        "model": "iteacnet",
        "evaluations": ["complete"],
        "settings": {"framework": "teacher_only", "context": {"is_global": False, "local": "off"}},
    },
    "ecce_global": {
        "model": "iteacnet",
        "evaluations": ["complete"],
        "settings": {"framework": "teacher_only", "context": {"local": "off"}},
    },
    "ecce_full": {
        "model": "iteacnet",
        "evaluations": ["complete"],
        "settings": {"framework": "teacher_only"},
    },
}


@pytest.fixture
def own_method(tmp_path, monkeypatch):
    """The method of docs/extend.md, a module outside the tree: what `model` calls it."""
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "report_own").mkdir()
    (tmp_path / "report_own" / "mean.py").write_text(templates()["method"], encoding="utf-8")
    return "report_own.mean"


@pytest.fixture
def make_build(tmp_path):
    """`make(kind=..., methods={name: settings}, modalities=..., text=..., **sections)`."""
    return lambda **options: write_build(tmp_path, **options)


@pytest.fixture(scope="session")
def study(tmp_path_factory):
    """Every method of the paper, and its page; to read only."""
    build = write_build(tmp_path_factory.mktemp("study"), methods=paper, seeds=(0,))
    return build, build.report()


@pytest.fixture(scope="session")
def two_methods(tmp_path_factory):
    """ITEACNet and GCNet, two seeds, hostile transcripts, and the page; to read only."""
    build = write_build(tmp_path_factory.mktemp("two"), text=EVIL)
    return build, build.report()


@pytest.fixture(scope="module")
def browser():
    with launched(ARGUMENTS) as opened:
        yield opened


@pytest.fixture
def open_page(browser, two_methods):
    """Open the report at a width and in a scheme; every folded part open; record what happens."""
    build, _ = two_methods
    contexts = []

    def opened(width=1280, scheme="light", path=build.folder / "report" / "index.html"):
        context = browser.new_context(
            viewport={"width": width, "height": 800}, color_scheme=scheme, reduced_motion="reduce"
        )
        contexts.append(context)
        page = context.new_page()
        page.seen = {"console": [], "requests": [], "dialogs": []}
        page.on("console", lambda message: page.seen["console"].append(message.text))
        page.on("pageerror", lambda error: page.seen["console"].append(str(error)))
        page.on("request", lambda request: page.seen["requests"].append(request.url))

        def dismiss(dialog):
            page.seen["dialogs"].append(dialog.message)
            dialog.dismiss()

        page.on("dialog", dismiss)
        page.goto(path.as_uri())
        page.evaluate(OPEN_ALL)
        return page

    yield opened
    for context in contexts:
        context.close()

"""A small study that is made once, as a build folder with its configuration, and as a bundle."""

import json
from contextlib import chdir

import pytest

from pipeline.tools.bundles.bundle import main as bundle
from tests.pipeline.report.builds import write_build

WORDS = "zebras quilted marmalade"  # what everybody says, and nothing else of a study is called


def write_study(root, **options):
    """A build with its configuration beside it: twelve dialogues, so that there are intervals."""
    build = write_build(root, text=WORDS, **{"seeds": (0,), **options})
    (root / "study.yaml").write_text(json.dumps(build.config), encoding="utf-8")
    return build


def make_bundle(build, out, *options):
    """Run the command where the build lies."""
    with chdir(build.root):
        bundle(["study.yaml", "--out", str(out), *options])
    return out


@pytest.fixture(scope="session")
def study_build(tmp_path_factory):
    """ITEACNet and GCNet on three classes; to read only."""
    return write_study(tmp_path_factory.mktemp("study"))


@pytest.fixture(scope="session")
def bundled(study_build, tmp_path_factory):
    """The bundle of `study_build`; to read only."""
    return make_bundle(study_build, tmp_path_factory.mktemp("bundle") / "study.zip")

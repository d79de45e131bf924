"""A small study that is made once, as a build folder with its configuration, and as a bundle."""

import json
from contextlib import chdir

import pytest

from pipeline.base.arrays import read_arrays, write_arrays
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


def change_masks(build, condition, fold):
    """Leave other modalities to the first two utterances that a fold tests; how many it tests."""
    path = build.folder / f"t/availability/{condition}_7000.safetensors"
    arrays, header = read_arrays(path)
    tested = [
        row
        for row, utterance in enumerate(build.utterances)
        if int(utterance.dialogue_id[1:]) % 2 == fold
    ]
    mask = arrays[f"fold{fold}"].copy()
    for row in tested[:2]:
        mask[row] = ~mask[row] if mask[row].all() else [True, True, True]
        mask[row, 0] = True
    write_arrays(path, {**arrays, f"fold{fold}": mask}, header)
    return len(tested)

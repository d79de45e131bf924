"""What goes into a bundle: ids, dialogues and turns of utterances, and nothing of what was said."""

import csv
from contextlib import chdir
from pathlib import Path

import pytest

from pipeline.tools.bundles.contents import gather
from pipeline.tools.bundles.errors import BundleError
from pipeline.tools.bundles.opening import find_settings
from tests.pipeline.tools.bundles.conftest import WORDS, make_bundle, write_study
from tests.pipeline.tools.bundles.zips import parts_of


def test_no_word_no_speaker_and_no_medium_is_in_it(bundled, study_build):
    content = b"\n".join([*parts_of(bundled).values(), *map(str.encode, parts_of(bundled))])
    for word in (*WORDS.split(), "d.mp4", str(study_build.root)):
        assert word.encode() not in content
    parts = parts_of(bundled)
    table = csv.DictReader(parts["build/c/utterances.csv"].decode().splitlines())
    for row in table:
        assert row["utterance_id"]
        assert not any(row[name] for name in ("speaker", "session", "media", "text"))
    names = {name.rpartition("/")[2] for name in parts}
    assert not names & {"weights.safetensors", "history.csv", "annotations.csv"}


def test_no_folder_of_media_is_in_it(tmp_path):
    """A page that links to recordings knows where they lie; nobody else need."""
    corpora = {"c": {"reader": "folder", "root": str(tmp_path / "private")}}
    build = write_study(tmp_path, corpora=corpora, report={"media": True})
    assert b"private" in build.root.joinpath("study.yaml").read_bytes()
    for content in parts_of(make_bundle(build, tmp_path / "s.zip")).values():
        assert b"private" not in content
        assert str(tmp_path).encode() not in content


def test_what_no_bundle_holds_is_refused_by_name(study_build, tmp_path):
    with chdir(study_build.root):
        settings, build = find_settings(Path("study.yaml"))
        with pytest.raises(BundleError, match="several sets of encoders"):
            gather(settings.model_copy(update={"first_set": "base"}), build, tmp_path)
        task = settings.tasks["t"].model_copy(update={"test_corpus": "other"})
        with pytest.raises(BundleError, match=r"tasks\.t has a test_corpus"):
            gather(settings.model_copy(update={"tasks": {"t": task}}), build, tmp_path)
    assert not list(tmp_path.iterdir())

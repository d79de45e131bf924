"""What goes into a bundle: ids, dialogues and turns of utterances, and nothing of what was said."""

import csv
import json

from pipeline.tools.bundles.extend import main as extend
from pipeline.tools.bundles.opening import open_study
from pipeline.tools.bundles.verify import main as verify
from tests.pipeline.tools.bundles.comparisons import compared
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


def test_sets_of_features_keep_their_names_encoders_and_labels(tmp_path):
    features = {"base": {}, "hubert": {"audio": {"encoder": "hf:somewhere/hubert"}}}
    methods = {"gru": {"model": "gru"}, "ae": {"model": "ae"}}
    build = write_study(tmp_path / "s", features=features, methods=methods)
    bundle = make_bundle(build, tmp_path / "s.zip")
    parts = parts_of(bundle)
    study = json.loads(parts["study.json"])

    names = {method["name"]: method["label"] for method in study["methods"]}
    assert names == {
        "gru": "GRU, base",
        "gru@hubert": "GRU, hubert",
        "ae": "AE, base",
        "ae@hubert": "AE, hubert",
    }
    encoders = {name: made["encoder"] for name, made in study["corpora"]["c"]["encoders"].items()}
    assert (encoders["audio"], encoders["audio@hubert"]) == ("audio-net", "hubert-net")
    assert "build/c/features/audio@hubert.safetensors" in parts
    labels = [method.view().label for method in open_study(bundle, tmp_path / "a").study.methods]
    assert labels == list(names.values())

    verify([str(bundle)])
    rows = compared(bundle, bundle, tmp_path, "--all")
    assert len(rows) == len(names) ** 2
    out = tmp_path / "more.zip"
    taken = ["--study", str(bundle), "--of", "gru@hubert", "--out", str(out)]
    extend([str(bundle), "--method", "mine", *taken])
    mine = "build/t/runs/mine/0.5/fold0_seed0/predictions.csv"
    assert parts_of(out)[mine] == parts[mine.replace("mine", "gru@hubert")]

"""The card of a bundle: made data said first, scores of scores.csv, licence, no markup."""

import csv
import json

from tests.pipeline.tools.bundles.conftest import make_bundle, write_study
from tests.pipeline.tools.bundles.zips import parts_of


def test_the_card_says_what_it_is(study_build, tmp_path):
    path = tmp_path / "a.zip"
    make_bundle(study_build, path, "--license", "CC-BY-4.0 <b>", "--cite", "Somebody 2026")
    parts = parts_of(path)
    card = parts["README.md"].decode()
    listed = json.loads(parts["bundle.json"])
    assert listed["about"] == {"license": "CC-BY-4.0 <b>", "citation": "Somebody 2026"}
    for said in ("Licence: CC-BY-4.0 \\<b\\>", "Cite: Somebody 2026", "ITEACNet", "GCNet"):
        assert said in card

    with (study_build.folder / "t/scores.csv").open() as stream:
        rows = [row for row in csv.DictReader(stream) if row["metric"] == "weighted_f1"]
    values = {"iteacnet": [], "gcnet": []}
    for row in rows:
        values.get(row["method"], []).append(float(row["value"]))
    for name, label in (("iteacnet", "ITEACNet"), ("gcnet", "GCNet")):
        mean = 100 * sum(values[name]) / len(values[name])
        assert f"| ume | {label} | 0.0, 0.5 | {mean:.2f} \\[" in card


def test_a_synthetic_corpus_is_called_so_first(tmp_path):
    build = write_study(tmp_path / "s")
    account = build.folder / "c" / "corpus.json"
    account.write_text(json.dumps({**json.loads(account.read_text()), "is_synthetic": True}))
    card = parts_of(make_bundle(build, tmp_path / "s.zip"))["README.md"].decode()
    assert card.index("is synthetic: made by machines") < card.index("## Data")

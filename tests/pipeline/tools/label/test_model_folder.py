"""A model handed on is a run: it gives the run's labels; its card says what it is."""

import json

import pytest
from safetensors import safe_open

from pipeline.tools.export.__main__ import main
from tests.pipeline.tools.label.new_corpora import label


def hand_on(run, out):
    main([str(run), "--model", "--out", str(out)])
    return out


def names_in(path):
    with safe_open(path, "np") as file:
        return list(file.keys())


@pytest.mark.parametrize(
    ("model", "more"),
    [
        ("iteacnet", {}),
        ("iteacnet", {"framework": "teacher_only"}),
        ("iteacnet", {"averaging": 0.9}),
        ("gcnet", {"standardize": True}),
        ("mmin", {}),
    ],
)
def test_labels_of_a_model_are_those_of_the_run(trained, corpus, tmp_path, model, more):
    run = trained(model, **more)[1]
    out = hand_on(run, tmp_path / "model")
    assert {path.name for path in out.iterdir()} == {
        *("weights.safetensors", "run.json", "calibration.json", "README.md"),
    }
    assert label(out, corpus.write(), tmp_path / "a") == label(run, corpus.folder, tmp_path / "b")
    kept, every = names_in(out / "weights.safetensors"), names_in(run / "weights.safetensors")
    has_student = any(name.startswith("learner.student.") for name in every)
    assert has_student == (model == "iteacnet" and more.get("framework") != "teacher_only")
    gone = set(every) - set(kept)
    assert gone == {name for name in every if has_student and name.startswith("learner.teacher.")}


def test_a_model_handed_on_does_not_say_where_weights_lie(run, edit_run, tmp_path):
    folder = run("ae")
    features = {
        "audio": {"encoder": "hf:/home/ann/models/hubert", "weights": None},
        "text": {"encoder": "hf:org/model", "weights": "/home/ann/weights"},
        "visual": {"encoder": "mini-xception", "weights": None},
    }
    told = {"features": features, "crop_faces": {"weights": "/home/ann/yunet.onnx"}}
    edit_run(folder, lambda facts: facts.update(extraction=told))
    text = (hand_on(folder, tmp_path / "model") / "run.json").read_text()
    assert "/home" not in text
    names = [section["encoder"] for section in json.loads(text)["extraction"]["features"].values()]
    assert names == ["hf:hubert", "hf:org/model", "mini-xception"]


def test_the_card_says_what_it_is_and_what_it_is_not_for(run, edit_run, tmp_path):
    folder = run("ae")
    about = {"name": "mine", "reader": "folder", "language": "de", "acted": True, "synthetic": True}
    edit_run(folder, lambda facts: facts.update(corpus=about, task="t|<b>\n# x"))
    card = (hand_on(folder, tmp_path / "model") / "README.md").read_text()
    facts = json.loads((folder / "run.json").read_text())
    assert card.index("trained on synthetic data") < card.index("Trained on ")
    assert f"{facts['n_utterances']['train']} utterances of mine (de, acted" in card
    for modality, origin in facts["encoders"].items():
        assert f"| {modality} | {origin['encoder']} |" in card.replace("\\", "")
    told = json.loads((folder / "calibration.json").read_text())["patterns"]["all"]
    accuracy = 100 * sum(told["after"]["n_right"]) / sum(told["after"]["n"])
    assert f"| all together | {told['n_utterances']} | {accuracy:.1f} % \\[" in card
    for said in ("Other languages than de", "What it is not for", "Decisions about a person"):
        assert said in card

    assert "<b>" not in card
    assert card.count("\n# ") == 0


def test_a_run_without_calibration_or_corpus_says_so(run, tmp_path):
    folder = run("cpmnet")
    card = (hand_on(folder, tmp_path / "one") / "README.md").read_text()
    assert "no softmax belongs to" in card
    assert "nobody said which one" in card
    (folder / "calibration.json").unlink()
    assert "older version" in (hand_on(folder, tmp_path / "two") / "README.md").read_text()


def test_what_cannot_be_handed_on_leaves_nothing_behind(run, tmp_path):
    folder = run("ae")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine").write_text("x")
    with pytest.raises(SystemExit, match="is there already"):
        hand_on(folder, tmp_path / "full")
    (folder / "weights.safetensors").write_bytes(b"broken")
    with pytest.raises(SystemExit, match="error: "):
        hand_on(folder, tmp_path / "new")
    assert {path.name for path in tmp_path.iterdir()} == {"run", "full"}

"""What labelling refuses: the run, the corpus, and what does not belong together."""

import shutil
import sys
from dataclasses import replace

import numpy as np
import pytest

from pipeline.base.arrays import read_arrays, write_arrays
from pipeline.tools.label.__main__ import main
from tests.pipeline.stages.training_runs import train_once
from tests.pipeline.tools.label.new_corpora import label
from tests.small_methods import small_method


@pytest.mark.parametrize("name", ["weights.safetensors", "run.json"])
def test_a_folder_without_the_files_is_no_run(run, corpus, refusal, name):
    folder = run()
    (folder / name).unlink()
    assert f"{folder} has no {name}: RUN is the folder" in refusal(folder, corpus.write())


@pytest.mark.parametrize("text", ["{", "[1]", '"x"', "\xff\xfe", "[" * 100_000])
def test_a_run_json_that_is_none_is_named(run, corpus, refusal, text):
    folder = run()
    (folder / "run.json").write_text(text, encoding="latin-1")
    assert f"{folder / 'run.json'} cannot be read" in refusal(folder, corpus.write())


def test_a_run_json_without_a_key_is_named(run, edit_run, corpus, refusal):
    folder = run()
    edit_run(folder, lambda facts: facts["settings"].pop("classes"))
    assert "run.json lacks the key 'classes'" in refusal(folder, corpus.write())


@pytest.mark.parametrize(
    ("where", "value", "message"),
    [
        (("shape", "n_speakers"), 0, "shape.n_speakers: must be greater than or equal"),
        (("shape", "feature_dims"), {}, "shape.feature_dims"),
        (("shape", "feature_dims"), {"smell": 3}, "shape.feature_dims"),
        (("shape", "n_outputs"), 4, "with 3 classes, but a network for classification with 4"),
        (("shape", "kind"), "regression", "but a network for regression"),
        (("settings", "model"), "oracle", "oracle"),
        (("settings", "classes"), ["../x", "b", "c"], "task.classes"),
        (("settings", "method", "hidden_dim"), 32, "does not fit run.json"),
        (("shape", "max_utterances"), 11, "does not fit run.json"),
        (("shape", "feature_dims", "text"), 8, "does not fit run.json"),
        (("settings", "standardize"), True, "no means of 5 audio features"),
        (("encoders",), {}, "names no encoder of audio"),
        (("encoders", "text"), {"encoder": "e"}, "encoders.text.weights"),
    ],
)
def test_a_run_json_that_contradicts_itself_or_the_weights_is_refused(
    run, edit_run, corpus, refusal, where, value, message
):
    def change(facts):
        *path, last = where
        for key in path:
            facts = facts[key]
        facts[last] = value

    folder = run()
    edit_run(folder, change)
    assert message in refusal(folder, corpus.write())


def test_damaged_weights_are_refused(run, corpus, refusal):
    folder = run()
    path = folder / "weights.safetensors"
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    assert f"{path} is not a whole safetensors file" in refusal(folder, corpus.write())


def test_weights_that_are_no_numbers_are_refused(run, corpus, refusal):
    folder = run()
    path = folder / "weights.safetensors"
    arrays, header = read_arrays(path)
    name = next(iter(arrays))
    arrays[name] = np.full_like(arrays[name], np.nan)
    write_arrays(path, arrays, header)
    assert f"{path} holds NaN" in refusal(folder, corpus.write())


def test_no_encoder_is_imported_because_run_json_says_so(run, edit_run, corpus, refusal):
    folder, told = run("ae"), {"features": {"audio": {"encoder": "antigravity.fly"}}}
    edit_run(folder, lambda facts: facts.update(extraction=told))
    message = refusal(folder, corpus.write())
    assert "an encoder outside this repository, antigravity.fly" in message
    assert "--trust antigravity.fly" in message
    assert "antigravity" not in sys.modules


def test_what_is_neither_a_corpus_nor_recordings_is_refused(trained, tmp_path, refusal):
    run = trained("ae")[1]
    assert "holds no video and no sound" in refusal(run, tmp_path)
    assert "is not there: SOURCE is a video" in refusal(run, tmp_path / "nowhere.mp4")
    (tmp_path / "notes.txt").write_text("no sound either")
    assert "is no media file by its name" in refusal(run, tmp_path / "notes.txt")


def test_a_corpus_that_the_workflow_has_not_finished_is_refused(trained, corpus, refusal):
    run, folder = trained("ae")[1], corpus.write()
    (folder / "utterances.csv").unlink()
    assert "utterances.csv is not there: the workflow has not finished" in refusal(run, folder)


def test_an_empty_table_is_refused(trained, corpus, refusal):
    corpus.keep(())
    assert "holds no utterance" in refusal(trained("ae")[1], corpus.write())


def test_an_id_that_stands_twice_is_refused(trained, corpus, refusal):
    corpus.utterances[1] = corpus.utterances[0]
    message = refusal(trained("ae")[1], corpus.write())
    assert f"{corpus.utterances[0].utterance_id!r} stands twice" in message


def test_somebody_elses_table_is_refused(trained, corpus, refusal):
    corpus.write()
    (corpus.folder / "utterances.csv").write_text("utterance_id,media\na,b\n")
    assert "utterances.csv: the header is" in refusal(trained("ae")[1], corpus.folder)


def test_features_of_another_table_are_refused(trained, corpus, refusal):
    folder = corpus.write()
    names = (corpus.folder / "utterances.csv").read_text().replace("s0d0_", "s0dx_")
    (corpus.folder / "utterances.csv").write_text(names)
    assert "was made for another table" in refusal(trained("ae")[1], folder)


def test_a_modality_that_the_corpus_lacks_is_named(trained, corpus, refusal):
    del corpus.stores["visual"]
    message = refusal(trained("iteacnet")[1], corpus.write())
    assert "visual.safetensors is not there" in message
    assert "trained on audio, text, visual" in message


def test_vectors_of_another_width_are_refused(trained, corpus, refusal):
    store = corpus.stores["text"]
    wide = np.pad(store.features, ((0, 0), (0, 1)))
    corpus.stores["text"] = replace(store, features=wide)
    message = refusal(trained("iteacnet")[1], corpus.write())
    assert "text.safetensors holds vectors of 8 numbers, the run was trained on 7" in message


def test_a_file_of_another_modality_is_refused(trained, corpus, refusal):
    corpus.stores["text"] = corpus.stores["audio"]
    assert "holds audio features, not text" in refusal(trained("ae")[1], corpus.write())


def from_another(corpus, modality, **header):
    store = corpus.stores[modality]
    corpus.stores[modality] = replace(store, header=replace(store.header, **header))


@pytest.mark.parametrize("what", ["encoder", "weights", "pooling", "precision"])
def test_features_of_another_encoder_are_refused(trained, corpus, refusal, what):
    from_another(corpus, "audio", **{what: "another"})
    message = refusal(trained("iteacnet")[1], corpus.write())
    assert f"audio.safetensors was made with {what} another, " in message
    assert "extract audio with the same `features.audio`" in message


def test_features_of_other_library_versions_are_used_with_a_note(
    run, edit_run, corpus, tmp_path, capsys
):
    folder = run("ae")
    there, here = {"av": "15.1.0", "torch": "2.8.0"}, {"av": "16.0.0", "torch": "2.8.0"}
    edit_run(folder, lambda facts: facts["encoders"]["audio"].update(libraries=there))
    from_another(corpus, "audio", libraries=here)
    assert label(folder, corpus.write(), tmp_path / "labels")
    said = capsys.readouterr().err
    assert "audio: features of other library versions than the run's" in said
    assert "av 16.0.0 (the run's: 15.1.0)" in said
    assert "torch" not in said
    edit_run(folder, lambda facts: facts["encoders"]["audio"].pop("libraries"))
    assert label(folder, corpus.write(), tmp_path / "labels")
    assert "audio: run.json does not say with which versions" in capsys.readouterr().err


def test_another_encoder_in_a_modality_that_the_run_does_not_use_is_none_of_its_business(
    make_task, corpus, tmp_path
):
    files = make_task(modalities=("audio", "text"), method=small_method("ae"))
    train_once(files, tmp_path)
    from_another(corpus, "visual", encoder="another")
    assert label(tmp_path, corpus.write(), tmp_path / "labels")


def test_a_run_older_than_the_record_of_encoders_is_used_with_a_note(
    run, edit_run, corpus, tmp_path, capsys
):
    folder = run("ae")
    edit_run(folder, lambda facts: facts.pop("encoders"))
    from_another(corpus, "audio", encoder="another")
    assert label(folder, corpus.write(), tmp_path / "labels")
    assert "names no encoders: only widths are checked" in capsys.readouterr().err


def test_imported_features_are_used_with_a_note(run, edit_run, corpus, tmp_path, capsys, refusal):
    folder = run("ae")
    edit_run(folder, lambda facts: facts["encoders"]["text"].update(encoder="imported"))
    from_another(corpus, "text", encoder="imported", weights="digest of another file")
    assert label(folder, corpus.write(), tmp_path / "labels")
    assert "text: imported features name no encoder" in capsys.readouterr().err
    shutil.rmtree(tmp_path / "labels")
    from_another(corpus, "text", encoder="minilm")
    assert "encoder minilm" in refusal(folder, corpus.write())


def test_statistics_that_the_weights_lack_are_named(run, corpus, refusal):
    folder = run("ae", standardize=True)
    path = folder / "weights.safetensors"
    arrays, header = read_arrays(path)
    arrays["standardize.text.scale"] = arrays["standardize.text.scale"][:3]
    write_arrays(path, arrays, header)
    assert "no scales of 7 text features" in refusal(folder, corpus.write())


def test_outputs_that_are_no_numbers_are_no_labels(run, corpus, refusal):
    folder = run("ae")
    path = folder / "weights.safetensors"
    arrays, header = read_arrays(path)
    write_arrays(path, {name: np.full_like(array, 3e38) for name, array in arrays.items()}, header)
    assert "gives NaN or infinity" in refusal(folder, corpus.write())


@pytest.mark.parametrize("device", ["gpu", "meta", "cuda:99"])
def test_a_device_that_is_not_there_is_refused(trained, corpus, tmp_path, device):
    arguments = [str(trained("ae")[1]), str(corpus.write())]
    with pytest.raises(SystemExit, match=f"^error: --device {device}: "):
        main([*arguments, "--out", str(tmp_path / "labels"), "--device", device])


@pytest.mark.parametrize("n", ["0", "-1", "many"])
def test_no_threads_are_refused(trained, corpus, tmp_path, capsys, n):
    arguments = [str(trained("ae")[1]), str(corpus.write())]
    with pytest.raises(SystemExit, match="2"):
        main([*arguments, "--out", str(tmp_path / "labels"), f"--threads={n}"])
    assert "is not a number of threads, 1 or more" in capsys.readouterr().err


def test_a_place_that_cannot_be_written_is_named(trained, corpus, tmp_path):
    (tmp_path / "labels" / "labels.csv").mkdir(parents=True)
    with pytest.raises(SystemExit, match=r"^error: .*labels\.csv"):
        label(trained("ae")[1], corpus.write(), tmp_path / "labels")
    assert not list(tmp_path.glob("*.part"))

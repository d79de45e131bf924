"""Fetching weights from a server on this machine: whole, checked, and clear when it cannot be."""

import hashlib
import json
import os
import subprocess
import sys
import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from pipeline.config.features import TextSettings
from pipeline.config.settings import dump
from pipeline.features.weights.catalogue import find_encoder
from pipeline.features.weights.locating import locate_weights
from pipeline.tools import fetch_weights
from pipeline.tools.fetch_weights import FetchError, download, wanted_files
from tests.pipeline import tiny_models

COMMIT = "c0ffee" + "0" * 34
MODEL = {
    "config.json": b'{"model_type": "deberta"}',
    "model.safetensors": b"\x08\x00\x00\x00\x00\x00\x00\x00{}      ",
    "pytorch_model.bin": b"pickle",
    "tokenizer.json": b"{}",
    "README.md": b"# model",
}


def sha1_of_git(content):
    """What git, and so the hub, calls a small file."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


class Handler(BaseHTTPRequestHandler):
    """Files by path, and the calls of the hub that a download makes."""

    files: dict[str, bytes] = {}

    def do_GET(self):
        parts = self.path.partition("?")[0].strip("/").split("/")
        if "/tree/" in self.path:
            tree = [
                {"type": "file", "path": name, "size": len(content), "oid": sha1_of_git(content)}
                for name, content in MODEL.items()
            ]
            return self.answer(json.dumps(tree).encode(), "application/json")
        if self.path.startswith("/api/models/some/model"):
            info = {
                "id": "some/model",
                "sha": COMMIT,
                "siblings": [{"rfilename": name} for name in MODEL],
            }
            return self.answer(json.dumps(info).encode(), "application/json")
        if parts[:3] == ["some", "model", "resolve"]:
            return self.answer(MODEL.get(parts[-1]))

        return self.answer(self.files.get(parts[-1]))

    do_HEAD = do_GET

    def answer(self, content, kind="application/octet-stream"):
        self.send_response(404 if content is None else 200)
        content = content or b""
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content) * (2 if b"cut" in content else 1)))
        self.send_header("ETag", f'"{sha1_of_git(content)}"')
        self.send_header("X-Repo-Commit", COMMIT)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(content)

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def server():
    running = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=running.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{running.server_port}"
    running.shutdown()
    running.server_close()


@pytest.fixture
def online(server, tmp_path):
    """The environment of a process that may use the hub, which is our server."""
    kept = {name: value for name, value in os.environ.items() if "OFFLINE" not in name}
    source = str(Path(fetch_weights.__file__).parents[2])
    return {**kept, "HF_ENDPOINT": server, "HF_HOME": str(tmp_path / "h"), "PYTHONPATH": source}


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def write_config(**encoders):
    features = {modality: {"encoder": name} for modality, name in encoders.items()}
    corpora = {"own": {"reader": "folder", "root": "raw"}}
    config = {"corpora": corpora, "features": features, "train": {"methods": []}}
    Path("config.yaml").write_text(json.dumps(config))


def test_a_file_is_fetched_whole(server, tmp_path, capsys):
    Handler.files = {"weights.pt": b"w" * 3_000_000}
    path = download(f"{server}/weights.pt", tmp_path / "weights" / "weights.pt")
    assert path.read_bytes() == Handler.files["weights.pt"]
    assert hashlib.sha256(path.read_bytes()).hexdigest() in capsys.readouterr().out


def test_a_server_that_does_not_answer_is_told_in_words(tmp_path):
    with pytest.raises(FetchError, match=r"reached: \[Errno \d+\] Connection refused\. Where"):
        download("http://127.0.0.1:9/weights.pt", tmp_path / "weights.pt")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("gone.pt", None, r"cannot be reached: HTTP Error 404.*copy it to .*gone\.pt"),
        ("broken.pt", b"cut short", "broke off after 9 of 18 bytes"),
        ("net-00000000.pth", b"content", "is not the one in its name"),
    ],
)
def test_what_is_missing_cut_or_altered_leaves_no_file(server, tmp_path, name, content, message):
    Handler.files = {} if content is None else {name: content}
    with pytest.raises(FetchError, match=message):
        download(f"{server}/{name}", tmp_path / "weights" / name)
    assert list(tmp_path.rglob("*.p*")) == []


def test_the_hash_in_a_name_is_checked(server, tmp_path):
    content = b"right"
    name = f"net-{hashlib.sha256(content).hexdigest()[:8]}.pth"
    Handler.files = {name: content}
    assert download(f"{server}/{name}", tmp_path / name).read_bytes() == content


@pytest.fixture
def real_model(tmp_path_factory, monkeypatch):
    """The server's model is one that loads."""
    folder = tiny_models.save_deberta_v3(tmp_path_factory.mktemp("model"))
    kept = {path.name: path.read_bytes() for path in folder.iterdir()}
    monkeypatch.setitem(globals(), "MODEL", kept | {"README.md": b"# model"})
    return {name for name in kept if not name.endswith(".md")}


def test_a_model_of_the_hub_is_fetched_at_one_commit_and_then_found(online, tmp_path, real_model):
    write_config(text="hf:some/model")
    command = [sys.executable, "-m", "pipeline.tools.fetch_weights"]
    done = subprocess.run(command, env=online, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"commit {COMMIT} (set `revision` to pin it)" in done.stdout
    folder = tmp_path / "weights" / "some--model"
    assert {path.name for path in folder.iterdir()} == real_model
    assert all((folder / name).read_bytes() == MODEL[name] for name in real_model)
    settings = dump(TextSettings(encoder="hf:some/model"))
    assert locate_weights("text", settings, tmp_path / "cache").path.resolve() == folder
    again = subprocess.run(command, env=online, capture_output=True, text=True, timeout=120)
    assert "is there" in again.stdout


def test_a_model_without_the_weights_of_its_network_is_not_called_there(online):
    write_config(text="hf:some/model")
    command = [sys.executable, "-m", "pipeline.tools.fetch_weights"]
    for _ in range(2):
        done = subprocess.run(command, env=online, capture_output=True, text=True, timeout=120)
        assert done.returncode == 1
        assert "its weights have 16 bytes: they are not of one network" in done.stdout
        assert "Traceback" not in done.stderr


def test_a_page_in_the_place_of_weights_is_not_kept(server, tmp_path, capsys, monkeypatch):
    Handler.files = {"wav2vec_large.pt": b"<html>please log in</html>"}
    found = replace(find_encoder("audio", "wav2vec"), source=f"{server}/wav2vec_large.pt")
    monkeypatch.setattr(
        fetch_weights, "find_encoder", lambda m, n: found if m == "audio" else find_encoder(m, n)
    )
    write_config(audio="wav2vec")
    with pytest.raises(SystemExit):
        fetch_weights.main([])
    assert "cannot be read as a checkpoint" in capsys.readouterr().out
    assert not (tmp_path / "weights" / "wav2vec_large.pt").exists()


def test_a_model_that_cannot_be_fetched_is_said_and_fails(online):
    write_config(text="hf:no/such-model")
    command = [sys.executable, "-m", "pipeline.tools.fetch_weights"]
    done = subprocess.run(command, env=online, capture_output=True, text=True, timeout=120)
    assert done.returncode == 1
    assert "the model no/such-model cannot be fetched from the hub" in done.stdout
    assert "Traceback" not in done.stderr


def test_what_needs_a_hand_is_said_with_its_address(capsys):
    write_config(visual="manet")
    with pytest.raises(SystemExit) as caught:
        fetch_weights.main([])
    assert caught.value.code == 1
    out = capsys.readouterr().out
    assert "features.audio: moonshine-tiny: is there" in out
    assert "[02-08]-[21-19]-model_best-acc88.33.pth by hand from https://drive.google.com" in out


def test_a_configuration_that_is_wrong_is_refused():
    Path("config.yaml").write_text('{"corpora": {}, "nonsense": 1}')
    with pytest.raises(SystemExit, match="nonsense: unknown key"):
        fetch_weights.main([])


def test_pickled_weights_are_wanted_only_where_there_are_no_others():
    assert wanted_files(list(MODEL)) == ["config.json", "model.safetensors", "tokenizer.json"]
    published = [".gitattributes", "bpe_encoder.bin", "config.json", "merges.txt", "tf_model.h5"]
    published += ["pytorch_model.bin", "onnx/model.onnx", "vocab.json", "rust_model.ot"]
    assert wanted_files(published) == [
        "config.json",
        "merges.txt",
        "pytorch_model.bin",
        "vocab.json",
    ]

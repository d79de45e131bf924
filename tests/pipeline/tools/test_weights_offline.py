"""`weights` on a machine without network: a sentence for each modality, no traceback."""

import os
import subprocess
import sys

import yaml


def test_without_a_network_each_modality_is_told_on_its_own(tmp_path):
    config = {
        "corpora": {"clips": {"reader": "folder", "root": "clips"}},
        "features": {"text": {"encoder": "hf:nobody/nothing"}},
        "tasks": {},
        "train": {"methods": []},
    }
    (tmp_path / "c.yaml").write_text(yaml.safe_dump(config))

    nobody_there = {"HF_ENDPOINT": "http://127.0.0.1:9"}  # the port "discard": refused at once
    done = subprocess.run(
        [sys.executable, "-m", "pipeline", "weights", "-c", str(tmp_path / "c.yaml")],
        env={**os.environ, **nobody_there}, capture_output=True, text=True, timeout=99, check=False,
    )  # fmt: skip

    assert done.returncode == 1
    assert "Traceback" not in done.stdout + done.stderr
    said = {line.partition(":")[0]: line for line in done.stdout.splitlines()}
    assert set(said) == {"features.audio", "features.text", "features.visual"}
    assert "nobody/nothing cannot be fetched from the hub" in said["features.text"]
    assert "is there" in said["features.visual"]

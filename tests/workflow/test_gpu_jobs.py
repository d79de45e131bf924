"""What jobs ask for where there is a GPU: faces are decoded by several threads, and only there."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.workflow.driver import ROOT

YUNET = "{crop_faces: {detector: yunet, weights: weights/yunet.onnx}}"


@pytest.mark.parametrize(
    ("gpu", "more", "wanted"),
    [
        ("1", [], (8, 8000)),
        ("1", ["--resources", "gpu=0"], (1, 4000)),
        ("1", ["--configfile", "config.yaml", "yunet.yaml"], (1, 4000)),
        ("0", [], (1, 4000)),
    ],
)
def test_a_job_that_finds_faces_on_a_gpu_decodes_several_videos_at_once(
    tmp_path, gpu, more, wanted
):
    shutil.copy(ROOT / "config.yaml", tmp_path)
    (tmp_path / "yunet.yaml").write_text(YUNET)
    program = Path(sys.executable).with_name("snakemake")
    command = [str(program), "--snakefile", str(ROOT / "Snakefile"), "--cores", "16", "--dry-run"]

    planned = subprocess.run(
        [*command, "build/demo/faces/0.csv", *more],
        cwd=tmp_path,
        env={**os.environ, "ITEACNET_JOBS_ASK_FOR_GPU": gpu},
        capture_output=True,
        text=True,
        check=False,
    )

    assert planned.returncode == 0, planned.stdout + planned.stderr
    said = (
        (planned.stdout + planned.stderr).partition("rule crop_faces:")[2].partition("Job stats")[0]
    )
    threads = re.search(r"threads: (\d+)", said)
    assert (int(threads[1]) if threads else 1, int(re.search(r"mem_mb=(\d+)", said)[1])) == wanted


@pytest.mark.parametrize(
    ("gpu", "modality", "threads"),
    [("1", "text", 1), ("1", "visual", 8), ("1", "audio", 1), ("0", "visual", 1)],
)
def test_an_encoder_on_a_gpu_has_threads_beside_it(tmp_path, gpu, modality, threads):
    """`moonshine-tiny`, the default for sound, and the ONNX file for texts are no GPU's affair."""
    shutil.copy(ROOT / "config.yaml", tmp_path)
    (tmp_path / "onnx.yaml").write_text("{features: {text: {encoder: 'onnx:network.onnx'}}}")
    program = Path(sys.executable).with_name("snakemake")

    planned = subprocess.run(
        [str(program), "--snakefile", str(ROOT / "Snakefile"), "--cores", "16", "--dry-run",
         f"build/demo/shards/{modality}/0.safetensors", "--configfile", "config.yaml", "onnx.yaml"],
        cwd=tmp_path,
        env={**os.environ, "ITEACNET_JOBS_ASK_FOR_GPU": gpu},
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip

    assert planned.returncode == 0, planned.stdout + planned.stderr
    said = (planned.stdout + planned.stderr).partition("rule extract_features:")[2]
    found = re.search(r"threads: (\d+)", said.partition("Job stats")[0])
    assert (int(found[1]) if found else 1) == threads

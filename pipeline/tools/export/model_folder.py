"""A run as a folder to hand on: weights, run.json, calibration.json and a model card, no data.

    weights.safetensors  run.json  calibration.json  README.md

Of a teacher and a student only the student goes: it is what predicts. `python -m pipeline label`
takes the folder for a run.
"""

import json
from pathlib import Path
from typing import Any

from pipeline.base.arrays import read_arrays, write_arrays
from pipeline.base.files import write_bytes, write_json, write_text
from pipeline.evaluation.calibration import FILE
from pipeline.tools.export.model_card import model_card
from pipeline.tools.export.new_folder import new_folder
from pipeline.tools.label.trained import RUN, TEACHER, WEIGHTS, WITHOUT, TrainedRun, read_run
from pipeline.training.session import LEARNER


def write_model(folder: Path, run_folder: Path) -> TrainedRun:
    """Write a new folder, whole or not at all; returns the run."""
    run = read_run(run_folder)
    with new_folder(folder) as part:
        _write_weights(run_folder / WEIGHTS, part / WEIGHTS)
        write_json(part / RUN, _without_places(json.loads((run_folder / RUN).read_text("utf-8"))))
        if (run_folder / FILE).is_file():
            write_bytes(part / FILE, (run_folder / FILE).read_bytes())
        write_text(part / "README.md", model_card(run))
    return run


def _without_places(facts: dict[str, Any]) -> dict[str, Any]:
    """run.json without where weights lie on this machine, which is nobody else's business."""
    told = facts.get("extraction") or {}
    for section in (*told.get("features", {}).values(), told.get("crop_faces") or {}):
        if "weights" in section:
            section["weights"] = None
        prefix, mark, place = str(section.get("encoder", "")).partition(":")
        if mark and Path(place).is_absolute():
            section["encoder"] = f"{prefix}:{Path(place).name}"
    return facts


def _write_weights(source: Path, target: Path) -> None:
    arrays, header = read_arrays(source)
    has_student = any(name.startswith(f"{LEARNER}student.") for name in arrays)
    if has_student:
        arrays = {n: a for n, a in arrays.items() if not n.startswith(LEARNER + TEACHER)}
        header = {**header, WITHOUT: TEACHER}
    write_arrays(target, arrays, header)

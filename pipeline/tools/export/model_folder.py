"""A run as a folder to hand on: weights, run.json, calibration.json and a model card, no data.

    weights.safetensors  run.json  calibration.json  README.md

Of a teacher and a student only the student goes: it is what predicts. `python -m pipeline label`
takes the folder for a run.
"""

import secrets
import shutil
from pathlib import Path

from pipeline.base.arrays import read_arrays, write_arrays
from pipeline.base.files import UNFINISHED, write_bytes, write_text
from pipeline.evaluation.calibration import FILE
from pipeline.tools.export.content import ExportError
from pipeline.tools.export.model_card import model_card
from pipeline.tools.label.trained import RUN, TEACHER, WEIGHTS, WITHOUT, TrainedRun, read_run
from pipeline.training.session import LEARNER


def write_model(folder: Path, run_folder: Path) -> TrainedRun:
    """Write a new folder, whole or not at all; returns the run."""
    run = read_run(run_folder)
    if folder.exists() and not (folder.is_dir() and not any(folder.iterdir())):
        raise ExportError(f"{folder} is there already: name a new or an empty folder")

    folder.parent.mkdir(parents=True, exist_ok=True)
    part = folder.with_name(f".{folder.name[:40]}.{secrets.token_hex(8)}{UNFINISHED}")
    part.mkdir()
    try:
        _write_weights(run_folder / WEIGHTS, part / WEIGHTS)
        for name in (RUN, FILE):
            if (run_folder / name).is_file():
                write_bytes(part / name, (run_folder / name).read_bytes())
        write_text(part / "README.md", model_card(run))
        part.replace(folder)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return run


def _write_weights(source: Path, target: Path) -> None:
    arrays, header = read_arrays(source)
    has_student = any(name.startswith(f"{LEARNER}student.") for name in arrays)
    if has_student:
        arrays = {n: a for n, a in arrays.items() if not n.startswith(LEARNER + TEACHER)}
        header = {**header, WITHOUT: TEACHER}
    write_arrays(target, arrays, header)

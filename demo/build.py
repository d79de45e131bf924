"""Make the demo corpus: write the script, then perform and record it dialogue by dialogue.

A dialogue depends on the seed and its place alone, so that any number of workers gives the same
bytes. `README.txt` is written first and marks a folder as ours; `DEMO.json` comes last.
"""

import multiprocessing
import shutil
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from demo.annotators import evaluate
from demo.layout import (
    avi_path,
    session_folder,
    write_evaluation,
    write_strays,
    write_transcription,
    write_wav,
)
from demo.recording import write_avi
from demo.scene import FRAME_RATE, draw_frames
from demo.script import Dialogue, write_script
from demo.summary import NOTICE, TITLE, describe_demo
from demo.timeline import perform
from pipeline.base.files import write_json, write_text
from pipeline.base.progress import Progress, progress
from pipeline.config.corpora import DemoSettings

MARK = "README.txt"


class DemoError(ValueError):
    """The demo corpus cannot be made here."""


@dataclass(frozen=True)
class Task:
    """One dialogue to make; plain values, so that it can go to another process."""

    dialogue: Dialogue
    seed: tuple[int, int]
    out: Path
    with_wav: bool
    with_strays: bool


def make_demo(settings: DemoSettings, out: Path, n_workers: int = 1) -> dict[str, Any]:
    """Make the corpus in folder `out` and return what DEMO.json says of it.

    An older demo in that folder is replaced; any other content is refused.
    """
    _claim(out)
    rng = np.random.default_rng(settings.seed)
    script = write_script(settings.n_dialogues, settings.n_turns, settings.incomplete, rng)
    tasks = [
        Task(dialogue, (settings.seed, index), out, settings.wav, index == 0)
        for index, dialogue in enumerate(script)
    ]
    summary = describe_demo(settings, script, _make_all(tasks, n_workers))
    write_json(out / "DEMO.json", summary)
    return summary


def make_dialogue(task: Task) -> float:
    """Write all files of one dialogue; return its length in seconds."""
    rng = np.random.default_rng(task.seed)
    performance = perform(task.dialogue, rng)
    evaluations = {
        turn.utterance_id: evaluate(turn, rng) for turn in task.dialogue.turns if turn.label
    }

    write_transcription(task.out, performance)
    write_evaluation(task.out, performance, evaluations)
    if task.with_wav:
        write_wav(task.out, performance)
    if task.with_strays:
        write_strays(task.out, performance)

    mono = performance.sound.sum(axis=1, dtype=np.int16)  # only one speaks at a time
    path, rate_hz = avi_path(task.out, performance), performance.sample_rate_hz
    write_avi(path, draw_frames(performance), FRAME_RATE, mono, rate_hz)
    return performance.duration_s


def _make_all(tasks: list[Task], n_workers: int) -> list[float]:
    durations_s: list[float] = []
    bar: Progress[Task] = progress(len(tasks), what="make_demo", unit="dialogues")
    with bar:
        for task, duration_s in zip(tasks, _results(tasks, n_workers), strict=True):
            durations_s.append(duration_s)
            bar.advance(note=f"{task.dialogue.dialogue_id}: {duration_s:.0f} s of video")
    return durations_s


def _results(tasks: list[Task], n_workers: int) -> Iterator[float]:
    if n_workers == 1:
        yield from map(make_dialogue, tasks)
        return
    context = multiprocessing.get_context("spawn")  # FFmpeg's threads do not survive a fork
    with ProcessPoolExecutor(n_workers, mp_context=context) as workers:
        yield from workers.map(make_dialogue, tasks)


def _claim(out: Path) -> None:
    """Make `out` an empty demo folder; refuse a folder that holds anything but an older demo."""
    out.mkdir(parents=True, exist_ok=True)
    mark = out / MARK
    is_ours = mark.is_file() and mark.read_text(encoding="utf-8", errors="replace").startswith(
        TITLE
    )
    if any(out.iterdir()) and not is_ours:
        raise DemoError(
            f"{out} holds files, and no {MARK} that says they are a demo corpus: "
            "name a new or an empty folder"
        )

    (out / "DEMO.json").unlink(missing_ok=True)
    for session in range(1, 6):
        folder = session_folder(out, session).parent
        if folder.exists():
            shutil.rmtree(folder)
    write_text(mark, NOTICE)

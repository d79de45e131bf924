"""One Parquet file for a corpus: a row per utterance, texts and lists of numbers.

Columns: `utterance_id` (or made of dialogue and turn), `dialogue_id`, `turn` (or told by `start_s`,
or by the number that ends the id), `speaker`, `session`, `sentence`; features are columns of lists
(D) or of lists of lists (T, D), under the names that `import.arrays` gives, by default `audio`,
`text`, `visual`; null = nothing was extracted. `media`, `start_s` and `end_s` tell a place and are
no annotations; every other column of texts or numbers is one of that name.

pyarrow ends the whole process at some damaged files, so it reads in one of its own
(`parquet_reading` beside this), whose memory is limited and whose answer is plain data.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np

from pipeline.base.records import Modality
from pipeline.corpora.imports.columns import annotations_of, rows_of_columns
from pipeline.corpora.imports.imported import Imported, ImportFormatError, Vector
from pipeline.corpora.texts import printable

ROOT: Final = Path(__file__).resolve().parents[3]
READING: Final = "pipeline.corpora.imports.parquet_reading"
PLACE: Final = ("media", "start_s", "end_s")


def read(path: Path, names: Mapping[Modality, str]) -> Imported:
    """Read `path`; `names` says which column holds which modality."""
    facts, payload = _asked(path, names)
    columns = facts["columns"]
    utterances, note = rows_of_columns(path, columns)
    told = {name: values for name, values in columns.items() if name not in PLACE}
    vectors, taken = {}, 0
    for modality, lengths in facts["vectors"].items():
        vectors[modality] = _cut(lengths, payload[taken:])
        taken += sum(length or 0 for length in lengths)
    annotations = list(annotations_of(told, utterances))
    return Imported(utterances, annotations, vectors, notes=[note, *facts["notes"]]).in_order()


def _cut(lengths: list[int | None], numbers: Vector) -> list[Vector | None]:
    """The vectors that stand one behind the other."""
    found: list[Vector | None] = []
    start = 0
    for length in lengths:
        found.append(None if length is None else numbers[start : start + length])
        start += length or 0
    return found


def _asked(path: Path, names: Mapping[Modality, str]) -> tuple[dict[str, Any], Vector]:
    """What the process says of the file, and all its numbers."""
    paths = [str(ROOT), os.environ.get("PYTHONPATH", "")]
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(filter(None, paths)),
        "OPENBLAS_NUM_THREADS": "1",  # each thread takes addresses, which are limited
    }
    command = [sys.executable, "-P", "-m", READING, str(path.absolute()), json.dumps(dict(names))]
    done = subprocess.run(command, env=environment, capture_output=True)
    last = done.stderr.decode("utf-8", "replace").strip().rpartition("\n")[2]
    if done.returncode < 0:
        # What ends a process of C++ without memory says so last.
        how = ": ".join(filter(None, [signal.Signals(-done.returncode).name, printable(last, 100)]))
        raise ImportFormatError(f"{path}: not a Parquet file that can be read (the reader: {how})")
    if done.returncode:
        raise OSError(f"{READING} ended with {done.returncode}: {last}")

    line, _, payload = done.stdout.partition(b"\n")
    facts = json.loads(line)
    if "error" in facts:
        raise ImportFormatError(facts["error"], facts["key"])
    return facts, np.frombuffer(payload, np.float32)

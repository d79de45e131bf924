"""MMSA's pickle: three splits, each with ids, sentiments and vectors (N, 1, D) (reading.md D.4).

Lists, texts, numbers and numpy's arrays alone, so that nothing of ours is named in it. Ids are
`DIALOGUE$_$TURN`, which MMSA splits; a vector that was not extracted is NaN.
"""

import math
import pickle
from pathlib import Path
from typing import Any, Final

import numpy as np

from pipeline.base.files import write_bytes
from pipeline.base.roles import ROLE_NAMES
from pipeline.corpora.imports.mmsa_pickle import KEYS, SPLITS
from pipeline.tools.export.content import SPLIT, Content, ExportError

PROTOCOL: Final = 4  # Python 3.4 and newer


def write_mmsa_pickle(path: Path, content: Content, target: str) -> int:
    """Write utterances with a role and a number; returns how many have none and are left out."""
    roles = content.column(SPLIT)
    numbers = [_number(target, value) for value in content.column(target)]
    parts = {
        name: [
            row
            for row, role in enumerate(roles)
            if role == ROLE_NAMES[name] and numbers[row] is not None
        ]
        for name in SPLITS
    }

    if empty := [name for name, rows in parts.items() if not rows]:
        raise ExportError(
            f"no utterance of {', '.join(empty)} has the annotations {SPLIT!r} and {target!r}; "
            "MMSA needs all three splits: `--task build/TASK --fold N` takes those of a task"
        )

    splits = {name: _part(content, rows, numbers) for name, rows in parts.items()}
    write_bytes(path, pickle.dumps(splits, protocol=PROTOCOL))
    return len(roles) - sum(map(len, parts.values()))


def _part(content: Content, rows: list[int], numbers: list[float | None]) -> dict[str, Any]:
    utterances = [content.utterances[row] for row in rows]
    return {
        "id": [f"{utterance.dialogue_id}$_${utterance.turn}" for utterance in utterances],
        "raw_text": [utterance.text for utterance in utterances],
        "regression_labels": np.array([numbers[row] for row in rows], np.float32),
        **{KEYS[name]: vectors[rows][:, None] for name, vectors in content.vectors.items()},
    }


def _number(target: str, value: str) -> float | None:
    if not value:
        return None
    try:
        number = float(value)
    except ValueError:
        raise ExportError(
            f"{target}={value!r} is not a number, and MMSA's labels are sentiments; name another "
            "annotation with --target, or choose another format"
        ) from None
    return number if math.isfinite(number) else None

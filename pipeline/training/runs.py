"""Finished runs by content: a run whose inputs, settings and code are known is never repeated.

`cache/runs/<key>/` holds the checkpoint while a run lasts, and its three files once it has ended.
The key is a digest of all that decides the result: what the run reads (of labels only those of
the dialogues that it may see), settings, code, versions of the libraries, the number of threads and
the kind of device (`cpu`, or the model of the GPU), by which sums are rounded: so a run is the same
wherever it is found, and one that was killed on a GPU does not go on on a CPU. Folders and names
are no part of it.
"""

import errno
import json
import secrets
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.base.files import (
    UNFINISHED,
    canonical_json,
    file_digest,
    text_digest,
    write_bytes,
    write_json,
    write_text,
)
from pipeline.base.records import Role
from pipeline.base.refusals import refusals_told
from pipeline.conversations.reading import FoldTables

CHECKPOINT = "checkpoint.safetensors"
NAMES = ("weights.safetensors", "history.csv", "facts.json")
LOG = "log.txt"  # what a run said that another run's job has trained (`beside`)
DIGESTS = "digests.json"  # of the three; written last, so a folder without it is unfinished
NO_LINKS = (errno.EXDEV, errno.EPERM, errno.ENOTSUP, errno.EMLINK, errno.ENOSYS)
LIBRARIES = ("torch", "numpy", "safetensors")


@dataclass(frozen=True)
class RunFolder:
    """Where one run lies in the cache."""

    path: Path

    @property
    def checkpoint(self) -> Path:
        """File of the state while the run lasts."""
        return self.path / CHECKPOINT

    @property
    def is_finished(self) -> bool:
        """Whether the run has ended; else the folder holds its checkpoint, or nothing."""
        return (self.path / DIGESTS).is_file()

    @property
    def said(self) -> str:
        """What the run said where another one's job has trained it."""
        log = self.path / LOG
        return log.read_text(encoding="utf-8", errors="replace") if log.is_file() else ""

    def is_intact(self) -> bool:
        """Whether the files of a finished run are what it wrote."""
        return self._digests_now().encode() == (self.path / DIGESTS).read_bytes()

    def reuse(self, weights: Path, history: Path) -> dict[str, Any] | None:
        """Copy a finished run to `weights` and `history`, return its facts; None if there is none.

        Files that are not what the run wrote are not used: the run is repeated.
        """
        if not self.is_finished:
            return None
        if not self.is_intact():
            print(f"{self.path} was changed since it was written: training anew", file=sys.stderr)
            return None
        kept_weights, kept_history, facts = (self.path / name for name in NAMES)
        write_bytes(weights, kept_weights.read_bytes())
        write_bytes(history, kept_history.read_bytes())
        found: dict[str, Any] = json.loads(facts.read_text(encoding="utf-8"))
        return found

    def keep(self, weights: Path, history: Path, facts: Mapping[str, Any]) -> None:
        """Put a run that has just ended into the cache, and forget its checkpoint."""
        with refusals_told(self.path):
            _link(weights, self.path / NAMES[0])
            _link(history, self.path / NAMES[1])
            write_json(self.path / NAMES[2], facts)
            write_text(self.path / DIGESTS, self._digests_now())
        self.checkpoint.unlink(missing_ok=True)

    def _digests_now(self) -> str:
        sources = (self.path / name for name in NAMES)
        return canonical_json([file_digest(s) if s.is_file() else "" for s in sources])


def _link(source: Path, target: Path) -> None:
    """Give a file a second name, so that weights lie on the disk once; copy where that fails.

    Files are replaced here, never changed, so one name's content is safe from the other's. The
    target is there all the while: the orphan of a killed workflow may end the same run right now.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    second = target.with_name(f".{target.name}.{secrets.token_hex(8)}{UNFINISHED}")

    try:
        second.hardlink_to(source)
        second.replace(target)
    except OSError as error:
        if error.errno not in NO_LINKS:
            raise
        write_bytes(target, source.read_bytes())
    finally:
        second.unlink(missing_ok=True)  # renaming onto another name of the same file does nothing


def run_folder(cache: Path, facts: Mapping[str, Any]) -> RunFolder:
    """The folder of the run that these facts decide."""
    return RunFolder(cache / "runs" / text_digest(canonical_json(facts)))


def versions_of_training() -> dict[str, str]:
    """Versions of the libraries that the result depends on."""
    return {name: version(name) for name in LIBRARIES}


def input_digests(
    tables: FoldTables,
    roles: Sequence[Role],
    features: Sequence[Path],
    masks: NDArray[np.bool_],
) -> dict[str, str]:
    """Digests of what a run reads of each input; labels of other roles do not count."""
    rows = [(u.utterance_id, u.dialogue_id, u.turn, u.speaker) for u in tables.utterances]
    seen = set(tables.visible(*roles).utterance_ids.tolist())
    labels = [(r.utterance_id, r.label if r.utterance_id in seen else None) for r in tables.labels]

    stores = {f"features_{path.stem}": file_digest(path) for path in sorted(features)}
    return {
        **stores,
        "utterances": text_digest(canonical_json(rows)),
        "labels": text_digest(canonical_json(labels)),
        "splits": text_digest(canonical_json({role: tables.roles[role] for role in roles})),
        "availability": text_digest(f"{masks.shape} {np.packbits(masks).tobytes().hex()}"),
    }

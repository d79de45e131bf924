"""Everything that lies in the cache folder: records of utterances, face crops, finished runs.

The kinds are the folders: audio, text, visual (pipeline.features.cache.utterances), faces
(pipeline.features.faces.crop_cache), speech (pipeline.features.speech.cache), runs
(pipeline.training.runs), and quarantine for what was damaged. A leftover is a file that a killed
process did not finish; nobody reads it.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pipeline.base.arrays import ArraysError, read_arrays
from pipeline.base.files import UNFINISHED
from pipeline.base.records import MODALITIES
from pipeline.features.cache.utterances import BadRecordError, read_record
from pipeline.features.faces.crops import CropsError, verify_crops
from pipeline.features.speech.cache import KIND, SUFFIX, read_speech_record
from pipeline.training.runs import RunFolder

RECORD_KINDS = (*MODALITIES, "faces", KIND)
SUFFIXES = dict.fromkeys(MODALITIES, ".safetensors") | {"faces": ".zip", KIND: SUFFIX}
RUNS, QUARANTINE, LEFTOVER = "runs", "quarantine", "leftover"
LEFTOVER_AGE_S = 24 * 3600  # a younger one may belong to a process that still writes


@dataclass(frozen=True)
class Kept:
    """One thing in the cache: a file, or the folder of a run."""

    kind: str
    key: str
    path: Path

    @property
    def n_bytes(self) -> int:
        """Size of its files, of which weights may be shared with results."""
        files = [self.path] if self.path.is_file() else self.path.rglob("*")
        return sum(path.stat().st_size for path in files if path.is_file())


def contents(cache: Path) -> Iterator[Kept]:
    """All that the cache holds, by kind and key."""
    for kind in RECORD_KINDS:
        for path in sorted((cache / kind).glob(f"*/*{SUFFIXES[kind]}")):
            if not path.name.startswith("."):  # a record that is being written
                yield Kept(kind, path.stem, path)
    for folder in (RUNS, QUARANTINE):
        for path in sorted((cache / folder).glob("*")):
            yield Kept(folder, path.name, path)
    for path in sorted(cache.rglob(f".*{UNFINISHED}")):
        if _age_s(path) > LEFTOVER_AGE_S:
            yield Kept(LEFTOVER, path.name, path)


def _age_s(path: Path) -> float:
    """Seconds since the last write; 0 where the file has got its name in the meantime."""
    try:
        return time.time() - path.stat().st_mtime
    except FileNotFoundError:
        return 0.0


def problem_of(kept: Kept) -> str:
    """What is wrong with it, "" if nothing; every byte is read."""
    # Each kind checks itself: records by their key, crops and runs by their digests.
    try:
        if kept.kind in MODALITIES:
            read_record(kept.path, kept.key)
        elif kept.kind == "faces":
            verify_crops(kept.path, kept.key)
        elif kept.kind == KIND:
            read_speech_record(kept.path, kept.key)
        elif kept.kind == RUNS:
            run = RunFolder(kept.path)
            if run.is_finished:
                return "" if run.is_intact() else "its files were changed"
            read_arrays(run.checkpoint)
    except FileNotFoundError:
        return ""  # another process has taken it away
    except (BadRecordError, CropsError, ArraysError, ValueError) as error:
        return str(error)
    return ""

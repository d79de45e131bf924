"""What lies in build/ that no rule makes now, and none reads: of more shards, of an older version.

Such files would be taken for results by people, and by whoever lists a folder.
"""

from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

from pipeline.base.retries import note_retry
from pipeline.rules.seals import SEALS, read_seal, seal_path

OF_A_SHARD = ("manifest/*.csv", "manifest/*.json", "shards/*/*.safetensors", "faces/*.csv")
TIMES = ("crop_faces_*.tsv", "extract_features_*_*.tsv")  # of a shard's jobs, in build/benchmarks
FORMER_REPORT = "report/index.html"  # as versions sealed it that had a single report
SHOWN = 3


def remove_leftovers(corpora: Collection[str], n_shards: int, build: Path = Path("build")) -> str:
    """Remove the files of shards that are no more, with their seals; a note, "" if none were."""
    found = sorted(
        path for name in corpora for path in _numbered(build / name, OF_A_SHARD, n_shards)
    )
    for corpus in corpora:  # the report adds up the times of jobs
        for path in _numbered(build / "benchmarks" / corpus, TIMES, n_shards):
            path.unlink(missing_ok=True)

    for path in found:
        path.unlink(missing_ok=True)
        seal_path(path, build / SEALS.name).unlink(missing_ok=True)
        note_retry(path, is_due=False)

    if not found:
        return ""
    more = f" and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
    return (
        f"note: removed what an earlier number of `shards` left, now {n_shards}: "
        f"{', '.join(map(str, found[:SHOWN]))}{more}"
    )


def remove_former_report(build: Path = Path("build")) -> str:
    """Remove the one report of former versions, which lies where the list of studies is to lie.

    Only the files that its seal names go, so a list of studies stays. Returns a note, or "".
    """
    seal = seal_path(build / FORMER_REPORT, build / SEALS.name)
    if not seal.is_file():
        return ""
    for path, _ in read_seal(seal):
        if path.parts[:2] == ("build", "report") and ".." not in path.parts:
            (build / path.relative_to("build")).unlink(missing_ok=True)
    seal.unlink()
    return "note: removed the report of a former version; each study has its own folder now"


def _numbered(folder: Path, patterns: Iterable[str], n_shards: int) -> Iterator[Path]:
    """Files of former shards; what lies in a linked folder may be somebody else's and stays."""
    base = folder.resolve()
    for pattern in patterns:
        for path in folder.glob(pattern):
            job, _, number = path.stem.rpartition("_")
            is_number = number.isascii() and number.isdecimal() and number == str(int(number))
            is_ours = is_number and bool(job) == ("_" in pattern)
            is_here = path.parent.resolve() == base / path.parent.relative_to(folder)
            if is_ours and is_here and int(number) >= n_shards and path.is_file():
                yield path

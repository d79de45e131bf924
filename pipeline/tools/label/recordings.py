"""A SOURCE that nobody has prepared, a video or a folder of them: the workflow prepares it.

All that is made lies in FOLDER/build, a folder of its own for the workflow, and in the cache: a
second call goes on where the first was stopped, and does nothing again.
"""

import fcntl
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from pipeline.base.files import write_text
from pipeline.config.configuration import Config, parse_config
from pipeline.config.settings import dump
from pipeline.corpora.clips import own_media, stem
from pipeline.corpora.folder import DEFAULT_TABLE
from pipeline.corpora.found import BESIDE
from pipeline.corpora.listing import MEDIA_SUFFIXES, has_suffix
from pipeline.tools.label.corpus import warn
from pipeline.tools.label.errors import LabelError

CODE = Path(__file__).resolve().parents[3]  # the Snakefile lies here
CONFIG, ALONE, SINGLE = "build/label.yaml", "build/.label.lock", ".source"


@dataclass(frozen=True)
class Recordings:
    """A folder whose media are labelled, and folders that links in it lead into."""

    root: Path
    links: tuple[str, ...] = ()

    def placed(self, config: Config, sections: Mapping[str, Any], cache: Path) -> Config:
        """`config` for these recordings, with these sections; it may be read in any folder."""
        values = dump(config)
        (corpus,) = config.corpora
        known = values["corpora"][corpus]
        n_media = len(own_media(self.root).paths)
        shards = min(config.shards, n_media)  # an empty one would be started for nothing
        place = {"root": str(self.root.absolute()), "links": [*known["links"], *self.links]}
        corpora = {corpus: {**known, **place}}
        there = {"root": None, "corpora": corpora, "cache": str(cache.absolute()), "shards": shards}
        return parse_config({**values, **sections, **there})


def is_prepared(source: Path) -> bool:
    """Whether it is what the workflow made of a corpus."""
    names = ("corpus.json", "features", "faces")
    return source.is_dir() and any((source / name).exists() for name in names)


def check_recordings(source: Path) -> None:
    """Refuse what holds no media, before anything is made."""
    if source.is_dir():
        if not own_media(source).paths:
            raise LabelError(
                f"{source} holds no video and no sound, and is no build/CORPUS of the workflow"
            )
    elif not source.is_file():
        raise LabelError(f"{source} is not there: SOURCE is a video, a folder of them, or a corpus")
    elif not has_suffix(source.name, MEDIA_SUFFIXES):
        endings = " ".join(sorted(MEDIA_SUFFIXES))
        raise LabelError(f"{source} is no media file by its name; their endings are {endings}")
    elif (source.parent / DEFAULT_TABLE).exists():
        warn(f"{source.parent / DEFAULT_TABLE} counts only where SOURCE is its folder")


def find_recordings(source: Path, out: Path) -> Recordings:
    """The media of SOURCE; a file stands alone in a folder made for it, with its transcripts."""
    return Recordings(source) if source.is_dir() else _alone(source, out / SINGLE)


def _alone(source: Path, folder: Path) -> Recordings:
    """Links to one file and to what lies beside it, by its name; former links go."""
    folder.mkdir(parents=True, exist_ok=True)
    place = source.parent.resolve()
    beside = (path for path in place.iterdir() if path.suffix.lower() in BESIDE)
    wanted = {path.name: path for path in beside if stem(path.name) == stem(source.name)}
    wanted[source.name] = place / source.name
    for link in folder.iterdir():
        if not link.is_symlink():
            raise LabelError(f"{link} is in the way: {folder} is for links to SOURCE alone")
        link.unlink()
    for name, path in wanted.items():
        (folder / name).symlink_to(path)
    # The file itself may be a link to elsewhere: who names it means what it leads to.
    homes = {str(path.resolve().parent) for path in wanted.values()}
    return Recordings(folder, tuple(sorted({str(place), *homes})))


def run_workflow(out: Path, config: Config, targets: Sequence[str], cores: str) -> None:
    """Run the workflow in `out` until the targets are there; its terminal is ours."""
    with _alone_in(out):
        configfile = out / CONFIG
        write_text(configfile, yaml.safe_dump(dump(config), sort_keys=False, allow_unicode=True))
        command = [sys.executable, "-P", "-m", "snakemake", "--snakefile", CODE / "Snakefile"]
        command += ["--workflow-profile", CODE / "profiles/default"]
        # The lock of Snakemake outlives a kill; ours ends with this process.
        command += ["--nolock", "--cores", cores, "--configfile", configfile.absolute()]
        code = _waited_for([*map(str, command), "--", *targets], out)
    if code:
        raise LabelError(
            f"the workflow has stopped before {out / 'build'} was finished (see above); what is "
            "done is kept, the same command goes on"
        )


def _waited_for(command: Sequence[str], folder: Path) -> int:
    """The exit code; at Ctrl-C the workflow ends its jobs itself, and is waited for."""
    with subprocess.Popen(command, cwd=folder) as process:
        while True:
            try:
                return process.wait()
            except KeyboardInterrupt:
                continue


@contextmanager
def _alone_in(out: Path) -> Iterator[None]:
    """Two workflows in one folder would write the same files."""
    path = out / ALONE
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise LabelError(f"another `label` is at work in {out}: wait for it") from None
        yield

"""Which module reads which layout, and one way to call them all.

A reader is imported by name when it is needed: the stage's code digest names the one that it runs,
so that a change in one reader reruns no other corpus.
"""

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Protocol, cast, get_args

from pipeline.base.records import Dropped
from pipeline.base.vocabulary import WhichFace
from pipeline.base.wording import counted
from pipeline.config.corpora import CorpusSettings, ReaderName
from pipeline.corpora.checks import by_kind
from pipeline.corpora.listing import list_files
from pipeline.corpora.raw import CorpusError, RawCorpus
from pipeline.corpora.texts import printable

RAW = [name for name in get_args(ReaderName) if name != "import"]
READERS = {name: f"pipeline.corpora.{name}" for name in RAW}
SHOWN_ENTRIES = 12


class Reader(Protocol):
    """What every reader module offers."""

    WHICH_FACE: WhichFace
    TREE: str

    def files(self, settings: CorpusSettings) -> tuple[str, ...]:
        """Glob patterns of all files that the corpus consists of."""

    def read(self, root: Path, settings: CorpusSettings) -> RawCorpus:
        """Read the corpus below `root`."""


def reader(name: str) -> Reader:
    """The reader module of that name."""
    return cast(Reader, import_module(reader_module(name)))


def reader_module(name: str) -> str:
    """Which module reads corpora of `reader: name`: one of ours, or a user's own."""
    if name not in READERS and "." not in name:
        raise CorpusError(f"no reader {name!r} for raw corpora; there are {', '.join(READERS)}")
    return READERS.get(name, name)


def which_face(name: str) -> WhichFace:
    """Whose face to look for in the videos of a corpus."""
    return reader(name).WHICH_FACE


def read_corpus(corpus: str, root: Path, settings: CorpusSettings) -> RawCorpus:
    """Read a corpus; an error says what was expected, what is there, and which key to set."""
    module = reader(settings.reader)
    try:
        if not root.is_dir():
            raise CorpusError("there is no such folder")
        raw = module.read(root, settings)
        if not raw.utterances:
            raise CorpusError(f"no utterance found ({_why(raw.dropped)})")
    except CorpusError as error:
        if root.is_dir() and list_files(root, module.files(settings)):  # the root is right
            raise CorpusError(f"{corpus}: {error}") from error
        raise CorpusError(explain_layout(str(error), corpus, root, module)) from error
    return raw


def _why(dropped: Sequence[Dropped]) -> str:
    """How many items were dropped for each kind of reason, each with its first."""
    told = [f"{counted(len(dropped), 'item')} dropped"]
    for kind, n in by_kind(dropped).items():
        first = next(item for item in dropped if item.reason.partition(": ")[0] == kind)
        told.append(f"{n} x {kind}, first: {first.item}: {first.reason}")
    return "; ".join(told)


def explain_layout(message: str, corpus: str, root: Path, module: Reader) -> str:
    """`message` with the tree that is expected, what is there, and the way out."""
    return (
        f"{corpus}: {message}\n"
        f"folder: {root}\n"
        f"there is: {_present(root)}\n"
        f"expected:\n{module.TREE}\n"
        f"Set `corpora.{corpus}.root` to the folder in the first line of this tree."
    )


def _present(root: Path) -> str:
    if not root.is_dir():
        parent = next(path for path in [*root.absolute().parents] if path.is_dir())
        return f"nothing ({parent} is the last folder of this path that exists)"
    names = sorted(path.name + "/" * path.is_dir() for path in root.iterdir())
    more = f" and {len(names) - SHOWN_ENTRIES} more" if len(names) > SHOWN_ENTRIES else ""
    return ", ".join(map(printable, names[:SHOWN_ENTRIES])) + more if names else "an empty folder"

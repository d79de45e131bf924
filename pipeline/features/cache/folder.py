"""Where the records of the caches lie: root/kind/key[:2]/key.suffix, for the owner alone.

Faces and voices are personal data. A record that does not verify goes to root/quarantine and is
counted. What a record is, and how it verifies, its own cache knows.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar
from uuid import uuid4

from pipeline.base.refusals import refusals_told

Kept = TypeVar("Kept")


class CacheFolder:
    """Records of one kind, each named by its key; `n_damaged` counts those that were set aside."""

    def __init__(self, root: Path, kind: str, suffix: str) -> None:
        self.root = root
        self.kind = kind
        self.n_damaged = 0
        self._suffix = suffix
        self._place = str(root / kind)  # plain text: asked for at every utterance

    def path(self, key: str) -> Path:
        """Where the record of a key lies."""
        return Path(f"{self._place}/{key[:2]}/{key}{self._suffix}")

    @contextmanager
    def writing(self, key: str) -> Iterator[Path]:
        """Where to write the record of a key; its folders are made, a refusal is explained."""
        path = self.path(key)
        with refusals_told(self.root):
            if not path.parent.is_dir():
                for folder in (self.root, self.root / self.kind, path.parent):
                    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            yield path

    def verified(
        self, key: str, read: Callable[[Path, str], Kept], damaged: type[Exception]
    ) -> Kept | None:
        """What `read` makes of the record of a key, or None; a damaged one is set aside first."""
        try:
            return read(self.path(key), key)
        except FileNotFoundError:
            return None
        except damaged:
            self.set_aside(key)
            return None

    def set_aside(self, key: str) -> None:
        """Move a damaged record out of the way and count it."""
        self.n_damaged += 1
        folder = self.root / "quarantine"
        with refusals_told(self.root):
            folder.mkdir(mode=0o700, exist_ok=True)
            try:
                aside = folder / f"{self.kind}-{key}-{uuid4().hex[:8]}{self._suffix}"
                self.path(key).replace(aside)
            except FileNotFoundError:
                return  # another job was faster

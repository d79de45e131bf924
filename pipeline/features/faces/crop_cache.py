"""The cache of face crops: root/faces/key[:2]/key.zip (pipeline.features.faces.crops).

The key is a digest of everything that decides the crops. Archives appear whole or not at all and
every byte of them is checked when they are taken from the cache; a damaged one is set aside.
"""

from pathlib import Path

from pipeline.features.cache.folder import CacheFolder
from pipeline.features.faces.crops import CropRecord, CropsError, verify_crops


class CropCache(CacheFolder):
    """Archives of crops; `writing(key)` gives the path where a new one belongs."""

    def __init__(self, root: Path) -> None:
        super().__init__(root, "faces", ".zip")

    def get(self, key: str) -> CropRecord | None:
        """The record of the archive of a key, or None; a damaged one is set aside first."""
        return self.verified(key, verify_crops, CropsError)

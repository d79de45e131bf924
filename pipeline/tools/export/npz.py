"""One .npz for a corpus, as `import.format: npz` reads it: a row per utterance, no pickles.

Texts are arrays of fixed width, as wide as the longest: a format for tables, not for books.
"""

import zipfile
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from pipeline.base.files import atomic_path
from pipeline.base.records import MODALITIES
from pipeline.corpora.imports.columns import OWN_COLUMNS
from pipeline.tools.export.content import Content, ExportError

MAX_TEXT_BYTES: Final = 2**30  # of one column
BYTES_OF_CHARACTER: Final = 4


def write_npz(path: Path, content: Content) -> None:
    """Write the archive, whole or not at all."""
    content.refuse_names((*OWN_COLUMNS, *MODALITIES))
    utterances = content.utterances
    texts = {
        "utterance_id": [utterance.utterance_id for utterance in utterances],
        "dialogue_id": [utterance.dialogue_id for utterance in utterances],
        "speaker": [utterance.speaker for utterance in utterances],
        "session": [utterance.session for utterance in utterances],
        "sentence": [utterance.text for utterance in utterances],
        **content.annotations,
    }
    arrays: dict[str, NDArray[Any]] = {name: _texts(name, texts[name]) for name in texts}
    arrays["turn"] = np.array([utterance.turn for utterance in utterances], np.int64)
    for modality, vectors in content.vectors.items():
        arrays[modality] = vectors
    with atomic_path(path) as part, zipfile.ZipFile(part, "w") as archive:
        for name, array in arrays.items():
            # As numpy.savez does, but for names such as `file`, and for the date: none here.
            with archive.open(zipfile.ZipInfo(f"{name}.npy"), "w", force_zip64=True) as stream:
                npy.write_array(stream, array, allow_pickle=False)


def _texts(name: str, values: list[str]) -> NDArray[np.str_]:
    longest = max(map(len, values), default=0)
    if longest * len(values) * BYTES_OF_CHARACTER > MAX_TEXT_BYTES:
        raise ExportError(
            f"{name}: {len(values):,} texts of up to {longest:,} characters take more than "
            f"{MAX_TEXT_BYTES / 2**30:g} GiB in an .npz; `--format npy_folder` has no such limit"
        )
    return np.array(values, np.str_)

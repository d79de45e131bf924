"""One Parquet file for a corpus, as `import.format: parquet` reads it: a row per utterance.

    utterance_id  dialogue_id  turn  speaker  session  media  start_s  end_s  sentence
    ANNOTATION...  audio  text  visual

A vector is a list of D numbers of single precision; null where nothing was extracted. `end_s` is
null where an utterance reaches to the end of a file of unknown length.
"""

from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.base.records import MODALITIES
from pipeline.corpora.imports.columns import OWN_COLUMNS
from pipeline.tools.export.content import Content
from pipeline.tools.parquet import numbers, texts, write_parquet

PLACE: Final = ("media", "start_s", "end_s")


def write_corpus(path: Path, content: Content) -> None:
    """Write the file, whole or not at all."""
    content.refuse_names((*OWN_COLUMNS, *PLACE, *MODALITIES))
    rows = content.utterances

    end_s = [row.end_s if np.isfinite(row.end_s) else np.nan for row in rows]
    columns: dict[str, pa.Array] = {
        "utterance_id": texts([row.utterance_id for row in rows]),
        "dialogue_id": texts([row.dialogue_id for row in rows]),
        "turn": pa.array([row.turn for row in rows], pa.int64()),
        "speaker": texts([row.speaker for row in rows]),
        "session": texts([row.session for row in rows]),
        "media": texts([row.media for row in rows]),
        "start_s": numbers([row.start_s for row in rows]),
        "end_s": numbers(end_s),
        "sentence": texts([row.text for row in rows]),
        **{name: texts(values) for name, values in content.annotations.items()},
        **{modality: _vectors(vectors) for modality, vectors in content.vectors.items()},
    }
    write_parquet(path, columns, {})


def _vectors(vectors: NDArray[np.float32]) -> pa.Array:
    """(N, D) as lists; null where a row has no numbers."""
    width = vectors.shape[1]
    is_missing = pa.array(~np.isfinite(vectors).all(axis=1))
    flat = pa.array(np.ascontiguousarray(vectors).reshape(-1))
    return pa.FixedSizeListArray.from_arrays(flat, width, mask=is_missing)

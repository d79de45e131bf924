"""Contact sheets: the middle face crop of every utterance of a dialogue, with whose it is and when.

Faces are personal data: a sheet is made only where `report.faces` asks for it.
"""

import base64
import io
import re
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from pipeline.base.records import FaceRow, Utterance
from pipeline.base.tables import read_rows
from pipeline.base.wording import counted
from pipeline.report.views import FaceView, SheetView

SIDE_PX = 96
TIME = re.compile(r"_t(\d{1,7}\.\d{3})s\.jpg")  # of a crop, in its name
WHOSE = {"side": "told by the side", "mouth": "told by the mouth", "": "a face"}


@dataclass(frozen=True)
class _Asked:
    """An utterance with the archive of its crops."""

    utterance: Utterance
    row: FaceRow
    archive: Path


def contact_sheets(folder: Path, faces: Sequence[Path], cache: Path) -> list[SheetView]:
    """One sheet per dialogue of `build/{corpus}` that has a face; says what the cache lacks."""
    rows = {row.utterance_id: row for path in faces for row in read_rows(path, FaceRow)}
    dialogues: dict[str, list[_Asked]] = {}
    for utterance in read_rows(folder / "utterances.csv", Utterance):
        row = rows.get(utterance.utterance_id)
        if row is not None and row.archive:
            archive = cache / "faces" / row.archive[:2] / f"{row.archive}.zip"
            asked = _Asked(utterance, row, archive)
            dialogues.setdefault(utterance.dialogue_id, []).append(asked)
    return [_sheet(dialogue, asked) for dialogue, asked in dialogues.items()]


def _sheet(dialogue: str, asked: Sequence[_Asked]) -> SheetView:
    faces = [face for face in map(_face, asked) if face is not None]
    gone = len(asked) - len(faces)
    lack = f" ({gone} more are gone from the cache, or damaged)" if gone else ""
    return SheetView(faces, f"{dialogue}: faces of {counted(len(faces), 'utterance')}{lack}")


def _face(asked: _Asked) -> FaceView | None:
    """None where the cache no longer holds it whole: a sheet is no reason to stop a report."""
    try:
        with zipfile.ZipFile(asked.archive) as archive:
            names = sorted(name for name in archive.namelist() if name.endswith(".jpg"))
            name = names[len(names) // 2]
            jpeg = io.BytesIO(archive.read(name))
        with Image.open(jpeg, formats=["JPEG"]) as picture:
            small = picture.convert("RGB").resize((SIDE_PX, SIDE_PX))
    except (OSError, zipfile.BadZipFile, Image.DecompressionBombError, IndexError):
        return None

    time = TIME.search(name)
    speaker = asked.utterance.speaker or "speaker not known"
    at = f"{float(time[1]):.1f} s" if time else "time not known"
    whose = WHOSE.get(asked.row.told_by, asked.row.told_by)
    return FaceView(_data_uri(small), (asked.utterance.utterance_id, speaker, at, whose))


def _data_uri(picture: Image.Image) -> str:
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=85)
    return f"data:image/jpeg;base64,{base64.b64encode(buffer.getvalue()).decode()}"

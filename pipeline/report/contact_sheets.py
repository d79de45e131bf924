"""Contact sheets: the middle face crop of every utterance of a dialogue, as one picture.

Faces are personal data: a sheet is made only where `report.faces` asks for it.
"""

import base64
import io
import zipfile
from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from pipeline.base.records import FaceRow, Utterance
from pipeline.base.tables import read_rows
from pipeline.base.wording import counted
from pipeline.report.views import SheetView

SIDE_PX = 96
PER_ROW = 10


def contact_sheets(folder: Path, faces: Sequence[Path], cache: Path) -> list[SheetView]:
    """One sheet per dialogue of `build/{corpus}` that has a face; says what the cache lacks."""
    archives = {
        row.utterance_id: cache / "faces" / row.archive[:2] / f"{row.archive}.zip"
        for path in faces
        for row in read_rows(path, FaceRow)
        if row.archive
    }
    dialogues: dict[str, list[Path]] = {}
    for utterance in read_rows(folder / "utterances.csv", Utterance):
        if utterance.utterance_id in archives:
            dialogues.setdefault(utterance.dialogue_id, []).append(archives[utterance.utterance_id])
    return [_sheet(dialogue, paths) for dialogue, paths in dialogues.items()]


def _sheet(dialogue: str, paths: Sequence[Path]) -> SheetView:
    crops = [crop for crop in map(_middle_crop, paths) if crop is not None]
    gone = len(paths) - len(crops)
    lack = f" ({gone} more are gone from the cache, or damaged)" if gone else ""
    caption = f"{dialogue}: faces of {counted(len(crops), 'utterance')}{lack}"
    return SheetView(_data_uri(crops) if crops else "", caption)


def _middle_crop(path: Path) -> Image.Image | None:
    """None where the cache no longer holds it whole: a sheet is no reason to stop a report."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = sorted(name for name in archive.namelist() if name.endswith(".jpg"))
            jpeg = io.BytesIO(archive.read(names[len(names) // 2]))
        with Image.open(jpeg, formats=["JPEG"]) as picture:
            return picture.convert("RGB").resize((SIDE_PX, SIDE_PX))
    except (OSError, zipfile.BadZipFile, Image.DecompressionBombError, IndexError):
        return None


def _data_uri(crops: Sequence[Image.Image]) -> str:
    n_rows = -(-len(crops) // PER_ROW)
    sheet = Image.new("RGB", (SIDE_PX * min(PER_ROW, len(crops)), SIDE_PX * n_rows))
    for index, crop in enumerate(crops):
        sheet.paste(crop, (SIDE_PX * (index % PER_ROW), SIDE_PX * (index // PER_ROW)))
    buffer = io.BytesIO()
    sheet.save(buffer, "JPEG", quality=85)
    return f"data:image/jpeg;base64,{base64.b64encode(buffer.getvalue()).decode()}"

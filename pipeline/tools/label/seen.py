"""What is known of the face of each utterance: whose it is, or how many there were to choose from.

A face is told to be the speaker's by the `side` of the picture or by the `mouth` that moves with
the sound (docs/faces.md). Where one person alone is seen nobody asks: that is `a face`, maybe a
listener's.
"""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

from pipeline.base.records import FaceRow
from pipeline.base.tables import read_rows
from pipeline.base.wording import counted

ANY: Final = "a face"
IN_WORDS: Final = {
    "side": "the speaker's face: told by the side of the picture",
    "mouth": "the speaker's face: told by the mouth that moves with the sound",
    ANY: "a face: nobody asked whether it is the speaker's",
}


def face_rows(folder: Path) -> dict[str, FaceRow]:
    """Rows of a corpus of the workflow by utterance; none where no faces were looked for."""
    tables = sorted((folder / "faces").glob("*.csv"))
    return {row.utterance_id: row for path in tables for row in read_rows(path, FaceRow)}


def told_face(row: FaceRow | None) -> str:
    """The cell of `face`: `side`, `mouth`, `a face`, `2 faces` where it cannot be told, or ""."""
    if row is None:
        return ""
    if row.status == "ambiguous_face":
        return counted(row.n_people, "face")
    return (row.told_by or ANY) if row.n_faces else ""


def seen_in_words(face: str) -> str:
    """The same for people."""
    return IN_WORDS.get(face, f"{face}, and it cannot be told whose mouth speaks" if face else "")


def seen_counts(faces: Iterable[str]) -> Mapping[str, int]:
    """How many utterances have a face, of these the speaker's, and how many are unclear."""
    found = [face for face in faces if face]
    told = sum(face in ("side", "mouth") for face in found)
    known = sum(face in IN_WORDS for face in found)
    return {"face": known, "of_the_speaker": told, "ambiguous": len(found) - known}


def seen_remarks(count: Mapping[str, int]) -> Iterator[str]:
    """What of faces people must know, on the terminal."""
    if untold := count["face"] - count["of_the_speaker"]:
        yield (
            f"{untold} of {counted(count['face'], 'utterance')} with a face: one person is seen, "
            "and nobody asked whether it is the speaker (column `face`)"
        )

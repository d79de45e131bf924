"""How many frames show a face, and how many of these faces are known to be the speaker's."""

from collections import Counter
from collections.abc import Sequence

from pipeline.base.records import FaceRow
from pipeline.base.wording import counted
from pipeline.report.views import Card

HOW = {"side": "by the side of the picture", "mouth": "by the mouth"}


def face_cards(rows: Sequence[FaceRow]) -> list[Card]:
    """A face and the speaker's, apart; then utterances whose several faces tell nobody."""
    n_frames, n_faces = (sum(counts) for counts in zip(*map(_counts, rows), strict=True))
    told: Counter[str] = Counter()
    for row in rows:
        if row.told_by:
            told[row.told_by] += row.n_faces
    how = ", ".join(f"{n:,} {HOW.get(name, name)}" for name, n in sorted(told.items()))

    cards = [
        Card(f"{n_faces:,} / {n_frames:,}", "sampled frames with a face"),
        Card(
            f"{told.total():,} / {n_faces:,}",
            f"of these faces told to be the speaker's{how and f': {how}'}",
        ),
    ]
    unclear = sum(row.status == "ambiguous_face" for row in rows)
    if unclear:
        what = f"{counted(unclear, 'utterance')} with several faces, of which none is told"
        cards.append(Card(f"{unclear:,}", what.partition(" ")[2]))
    return cards


def _counts(row: FaceRow) -> tuple[int, int]:
    return row.n_frames, row.n_faces

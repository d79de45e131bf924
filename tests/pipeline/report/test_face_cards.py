"""A face and the speaker's are counted apart."""

import pytest

from pipeline.base.records import FaceRow
from pipeline.report.face_cards import face_cards

pytestmark = pytest.mark.fresh

ROWS = [
    FaceRow("a", 10, 9, "x", "ok", n_people=2, told_by="mouth"),
    FaceRow("b", 10, 10, "x", "ok", n_people=1),
    FaceRow("c", 10, 0, "", "ambiguous_face", n_people=3),
    FaceRow("d", 1000, 999, "x", "ok", told_by="side"),
    FaceRow("e", 5, 0, "", "no_face"),
]


def test_a_face_and_the_speakers_are_counted_apart():
    cards = [(card.value, card.label) for card in face_cards(ROWS)]
    assert cards == [
        ("1,018 / 1,035", "sampled frames with a face"),
        (
            "1,008 / 1,018",
            "of these faces told to be the speaker's: 9 by the mouth, "
            "999 by the side of the picture",
        ),
        ("1", "utterance with several faces, of which none is told"),
    ]


def test_where_nobody_checks_no_face_is_the_speakers():
    cards = face_cards([FaceRow("a", 4, 4, "x", "ok")])
    assert [card.value for card in cards] == ["4 / 4", "0 / 4"]
    assert cards[1].label == "of these faces told to be the speaker's"

"""Tiers as ELAN and Praat have them, by hand; test_timelines.py reads them by others' readers."""

import xml.etree.ElementTree as ElementTree

import pytest

from pipeline.tools.label.cues import Cue
from pipeline.tools.label.tiers import TierSpan, eaf, textgrid, tiers_of

ANN = Cue("a/talk 1.mp4", 500, 2000, "Ann", "Well", "happy", 0.75)
AGAIN = Cue("a/talk 1.mp4", 2000, 3000, "Ann", "so", "", None, "nothing found")


def test_a_lane_has_a_tier_of_each_kind_with_the_same_spans():
    tiers = {tier.name: tier.spans for tier in tiers_of([ANN, AGAIN])}
    assert tiers == {
        "text@Ann": [TierSpan(500, 2000, "Well"), TierSpan(2000, 3000, "so")],
        "emotion@Ann": [TierSpan(500, 2000, "happy"), TierSpan(2000, 3000, "")],
        "confidence@Ann": [TierSpan(500, 2000, "0.7500"), TierSpan(2000, 3000, "")],
    }


def test_a_lane_without_any_probability_has_no_tier_of_it():
    assert [tier.name for tier in tiers_of([AGAIN])] == ["text@Ann", "emotion@Ann"]


def intervals(cues):
    """(xmin, xmax, text) of the first tier, from the lines of the file."""
    lines = [line.strip() for line in textgrid(cues).split("item [2]:")[0].splitlines()]
    first = next(n for n, line in enumerate(lines) if line.startswith("intervals: size"))
    cells = [line.split(" = ", 1)[1] for line in lines[first + 1 :] if " = " in line]
    assert lines[first] == f"intervals: size = {len(cells) // 3}"
    return list(zip(cells[::3], cells[1::3], cells[2::3], strict=True))


def test_praats_tiers_have_no_holes():
    later = Cue(ANN.media, 3500, 4000, "Ann", "end", "sad")
    other = Cue(ANN.media, 0, 5000, "Bob", "mhm", "sad")  # ends last: all tiers reach so far
    assert intervals([ANN, AGAIN, later, other]) == [
        ("0.000", "0.500", '""'),
        ("0.500", "2.000", '"Well"'),
        ("2.000", "3.000", '"so"'),
        ("3.000", "3.500", '""'),
        ("3.500", "4.000", '"end"'),
        ("4.000", "5.000", '""'),
    ]


def test_praat_doubles_quotes():
    assert intervals([Cue("a.wav", 0, 900, "A", 'he said "no"', "sad")]) == [
        ("0.000", "0.900", '"he said ""no"""')
    ]


@pytest.mark.parametrize(
    ("media", "url", "kind"),
    [
        ("a/talk 1.mp4", "./talk%201.mp4", "video/mp4"),
        ("b/100%.WAV", "./100%25.WAV", "audio/x-wav"),
        ("c.mkv", "./c.mkv", "unknown"),
    ],
)
def test_elan_looks_for_the_media_beside_its_file(media, url, kind):
    root = ElementTree.fromstring(eaf(media, [ANN]).encode())
    (place,) = root.iter("MEDIA_DESCRIPTOR")
    assert place.attrib == {"MEDIA_URL": url, "RELATIVE_MEDIA_URL": url, "MIME_TYPE": kind}


def test_elans_annotations_have_slots_of_their_own_in_milliseconds():
    root = ElementTree.fromstring(eaf(ANN.media, [ANN, AGAIN]).encode())
    slots = {s.get("TIME_SLOT_ID"): int(s.get("TIME_VALUE")) for s in root.iter("TIME_SLOT")}
    told = [
        (slots.pop(a.get("TIME_SLOT_REF1")), slots.pop(a.get("TIME_SLOT_REF2")))
        for a in root.iter("ALIGNABLE_ANNOTATION")
    ]
    assert told == [(500, 2000), (2000, 3000)] * 3
    assert not slots


def test_the_same_labels_give_the_same_file():
    assert eaf(ANN.media, [ANN]) == eaf(ANN.media, [ANN])
    assert 'DATE="1970-01-01T00:00:00+00:00"' in eaf(ANN.media, [ANN])

"""500 damaged transcripts of every form and encoding: turns or our error, no traceback, no hang."""

import json
from contextlib import suppress

import pytest

from pipeline.corpora.transcripts.choosing import told_beside
from pipeline.corpora.transcripts.reading import TranscriptError
from tests.pipeline.damaging import try_all

EAF = """<?xml version="1.0" encoding="{encoding}"?>
<ANNOTATION_DOCUMENT><HEADER TIME_UNITS="milliseconds"/><TIME_ORDER>
<TIME_SLOT TIME_SLOT_ID="ts1" TIME_VALUE="500"/><TIME_SLOT TIME_SLOT_ID="ts2" TIME_VALUE="2250"/>
</TIME_ORDER><TIER TIER_ID="text@ann" PARTICIPANT="ann" LINGUISTIC_TYPE_REF="default"><ANNOTATION>
<ALIGNABLE_ANNOTATION ANNOTATION_ID="a1" TIME_SLOT_REF1="ts1" TIME_SLOT_REF2="ts2">
<ANNOTATION_VALUE>I got the job, caf\u00e9!</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION></ANNOTATION>
</TIER></ANNOTATION_DOCUMENT>
"""
GRID = """File type = "ooTextFile"
Object class = "TextGrid"

xmin = 0
xmax = 5
tiers? <exists>
size = 1
item []:
    item [1]:
        class = "IntervalTier"
        name = "ann"
        xmin = 0
        xmax = 5
        intervals: size = 1
        intervals [1]:
            xmin = 0.5
            xmax = 2.25
            text = "I got ""the"" job, caf\u00e9!"
"""
CUE = "00:00:00{}500 --> 00:00:02{}250\n[ann]: I got the job, caf\u00e9!\n\n"
SEGMENT = {"start": 0.5, "end": 2.25, "text": " I got the job, caf\u00e9!", "speaker": "ann"}
WORD = {"word": "I", "start": 0.5, "end": 0.75, "score": 0.9, "speaker": "ann"}
FORMS = {
    "talk.eaf": EAF,
    "talk.TextGrid": GRID,
    "talk.srt": "1\n" + CUE.format(",", ","),
    "talk.vtt": "WEBVTT\n\n" + CUE.format(".", "."),
    "talk.json": json.dumps({"segments": [{**SEGMENT, "words": [WORD]}], "language": "en"}),
    "talk.rttm": "SPEAKER talk 1 0.500 1.750 <NA> <NA> ann <NA> <NA>\n",
}
BOTH = ("utf-8", "utf-16")


@pytest.mark.parametrize(("name", "encoding"), [(name, form) for name in FORMS for form in BOTH])
def test_transcripts(tmp_path, name, encoding):
    path = tmp_path / name
    path.write_bytes(FORMS[name].replace("{encoding}", encoding).encode(encoding))
    told = told_beside(tmp_path, [name])
    assert told is not None
    assert [(turn.start_s, turn.end_s, turn.speaker) for turn in told.turns] == [(0.5, 2.25, "ann")]

    def attempt():
        with suppress(TranscriptError):
            told_beside(tmp_path, [name])

    try_all([path], attempt)

"""timeline.html: everything of the table is on it, escaped; nothing is fetched."""

import math
import re
from html.parser import HTMLParser

import pytest

from pipeline.base.records import Utterance
from pipeline.tools.label.page import PAGE, write_page
from pipeline.tools.label.table import LabelRow

NAMES = ("happy", "sad")
HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(2)>{{ 7 * 7 }}'


def row(
    number, start_s, end_s, *, speaker="Ann", text="so", label="happy", shares=(0.8, 0.2), **more
):
    utterance = Utterance(
        *(f"u{number}", "d", number, speaker, "", more.pop("media", "a/talk 1.mp4")),
        *(start_s, end_s, "full", text),
    )
    told = {"modalities": ("audio", "text"), "disagreement": math.nan, "reason": ""}
    expected = {"expected": (0.7, 0.6, 0.8)}
    return LabelRow(utterance, end_s, label=label, shares=shares, **(told | expected | more))


ROWS = [
    row(0, 0.0, 2.0),
    row(1, 1.5, 4.0, speaker="Bob", label="sad", shares=(0.3, 0.7), modalities=("visual",)),
    row(2, 4.0, 5.0, label="", shares=(), modalities=(), reason="nothing found in any modality"),
    row(3, 5.0, 10.0, text="到了", disagreement=0.25),
]


class Reader(HTMLParser):
    """Elements with their attributes, and all text."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.text = [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text.append(data)

    def of(self, tag, name=None):
        found = [attributes for kind, attributes in self.elements if kind == tag]
        return [a for a in found if name is None or name in (a.get("class") or "").split()]


def write(folder, rows, names=NAMES, lines=("from somewhere",), videos=None, copies=None):
    videos = videos or folder / "videos"
    write_page(folder, rows, names, lines, videos, copies or {}, is_synthetic=False)


def page(tmp_path, rows=ROWS, names=NAMES, **more):
    write(tmp_path, rows, names, **more)
    return Reader((tmp_path / PAGE).read_text("utf-8"))


def test_every_utterance_is_a_button_at_its_place(tmp_path):
    read = page(tmp_path)
    cues = sorted(read.of("button", "cue"), key=lambda cue: float(cue["data-start"]))
    places = [
        re.fullmatch(r"left:([\d.]+)%;width:([\d.]+)%", cue["style"]).groups() for cue in cues
    ]

    assert [(float(left), float(width)) for left, width in places] == [
        *((0, 20), (15, 25), (40, 10), (50, 50)),
    ]
    assert [cue["class"] for cue in cues] == ["cue hue0", "cue hue1", "cue none", "cue hue0"]
    heights = [bar["style"] for bar in read.of("span", "bar")]
    assert heights == ["height:80.0%", "height:6.0%", "height:80.0%", "height:70.0%"]  # by lane
    assert [lane["aria-label"] for lane in read.of("div", "lane")] == ["Ann", "Bob"]
    assert len(read.of("i", "there")) == 2 + 0 + 2 + 1
    assert len(read.of("i", "there") + read.of("i", "gone")) == 3 * len(ROWS)
    assert read.of("video")[0]["src"] == "./videos/a/talk%201.mp4"


def test_it_says_what_the_table_says(tmp_path):
    text = " ".join(page(tmp_path, lines=["said first", "then this"]).text)
    for said in ("happy 0.80, sad 0.20", "right in 70% of such cases [60%, 80%]", "到了"):
        assert said in text
    assert "nothing found in any modality" in text
    assert "disagreement of the runs: 0.25" in text
    assert text.index("said first") < text.index("then this") < text.index("talk 1.mp4")


def test_marks_and_details_say_why_a_modality_is_not_there(tmp_path):
    missing = {"audio": "silent", "visual": "no_face"}
    rows = [
        row(0, 0, 1, modalities=("text",), missing=missing),
        row(1, 1, 2, modalities=("audio", "visual"), face="a face"),
        row(2, 2, 3, modalities=("visual",), face="mouth"),
        row(3, 3, 4, modalities=("audio",), missing={"visual": "ambiguous_face"}, face="2 faces"),
    ]
    read = page(tmp_path, rows)

    titles = [mark["title"] for mark in read.of("i")]
    assert titles[:3] == [
        *("audio: no sample above -60 dBFS", "text"),
        "visual: frames were read, no face was found",
    ]
    assert titles[3:6] == ["audio", "text: not used", "visual: a face, maybe not the speaker's"]

    text = " ".join(read.text)
    assert "without audio: no sample above -60 dBFS" in text
    assert "a face: nobody asked whether it is the speaker's" in text
    assert "told by the mouth that moves with the sound" in text
    assert "2 faces, and it cannot be told whose mouth speaks" in text


def test_a_copy_is_linked_in_the_place_of_its_video(tmp_path):
    copies = {"a/talk 1.mp4": tmp_path / "copies/a/talk 1.mp4.webm"}
    read = page(tmp_path, copies=copies)
    assert [video["src"] for video in read.of("video")] == ["./copies/a/talk%201.mp4.webm"]


def test_curves_are_the_probabilities(tmp_path):
    paths = [path["d"] for path in page(tmp_path).of("path")]
    assert len(paths) == 2
    points = [tuple(map(float, point.split())) for point in paths[0][1:].split(" L")]
    assert points == [(0, 0.2), (20, 0.2), (15, 0.7), (40, 0.7), (50, 0.2), (100, 0.2)]


def test_nothing_of_the_input_becomes_markup(tmp_path):
    rows = [
        row(0, 0, 1, speaker=HOSTILE, text=HOSTILE, media=f"{HOSTILE}.mp4", label="", shares=(),
            reason=HOSTILE),
        row(1, 1, 2, speaker="</script>", text="</style>", media="javascript:alert(1)"),
    ]  # fmt: skip
    read = page(tmp_path, rows, lines=[HOSTILE])
    plain = page(tmp_path, ROWS)
    assert {tag for tag, _ in read.elements} <= {tag for tag, _ in plain.elements}
    assert len(read.of("script")) == 1
    assert not any(name.startswith("on") for _, found in read.elements for name in found)
    assert not read.of("img")
    links = [video["src"] for video in read.of("video")]
    assert all(link.startswith("./videos/") and not set('<>"') & set(link) for link in links)
    assert "{{ 7 * 7 }}" in " ".join(read.text)


def test_nothing_is_fetched(tmp_path):
    read = page(tmp_path)
    policy = next(
        meta["content"]
        for meta in read.of("meta")
        if "content" in meta and "default" in meta["content"]
    )
    assert policy.startswith("default-src 'none'")
    sources = [found[n] for _, found in read.elements for n in ("src", "href") if n in found]
    assert sorted(sources) == ["#main", "./videos/a/talk%201.mp4"]
    assert not re.findall(r"https?://|url\(|@import", (tmp_path / PAGE).read_text("utf-8"))


@pytest.mark.parametrize(("label", "height"), [("-1.5", "6.0"), ("0.5", "50.0"), ("2.5", "100.0")])
def test_numbers_without_probabilities_stand_between_the_lowest_and_the_highest(
    tmp_path, label, height
):
    rows = [
        row(n, n, n + 1, label=said, shares=()) for n, said in enumerate(["-1.5", "2.5", label])
    ]
    bars = page(tmp_path, rows, ()).of("span", "bar")
    assert bars[2]["style"] == f"height:{height}%"


def test_no_file_no_lane(tmp_path):
    read = page(tmp_path, [row(0, 0, 1, media="")])
    assert not read.of("video")
    assert "No utterance has a file" in " ".join(read.text)

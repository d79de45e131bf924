"""Looking at utterances in a real browser: by mouse and keyboard, wide and narrow."""

import json
import wave
from dataclasses import replace

import pytest

from pipeline.base.records import Utterance
from pipeline.base.tables import write_rows
from pipeline.report.told import states_of, told_by

pytestmark = pytest.mark.browser
WIDTHS = [360, 1440]


def told(build, utterance, rate, number=0):
    """What a method said of an utterance, mean over seeds."""
    results = build.results()
    table = told_by(results, results.methods[number], states_of(results)).table
    return table[(table["rate"] == rate) & (table["utterance_id"] == utterance)].iloc[0]


@pytest.mark.parametrize("width", WIDTHS)
def test_the_timeline_shows_the_predictions_that_lie_there(open_page, two_methods, width):
    page = open_page(width)
    explorer = page.locator("#explore-t")
    assert explorer.is_visible()
    explorer.locator("[data-role=dialogue]").select_option(label="d3 (7)")
    assert explorer.locator(".block").count() == 7
    assert explorer.locator(".lane").count() == 2  # one for each speaker
    row = told(two_methods[0], "d3_0", "0.0")
    said = explorer.locator("[data-role=told]").inner_text()
    sure = f"{100 * row['confidence']:.1f} %"
    judged = "correct" if row["predicted"] == row["target"] else "wrong"
    assert f"told {row['predicted']} ({sure}): {judged}, right is {row['target']}" in said
    assert page.seen["console"] == []
    assert len(page.seen["requests"]) == 1


@pytest.mark.parametrize("width", WIDTHS)
def test_the_slider_withholds_and_the_marks_say_so(open_page, two_methods, width):
    page = open_page(width)
    explorer = page.locator("#explore-t")
    explorer.locator("[data-role=dialogue]").select_option(label="d3 (7)")
    before = "".join(explorer.locator(".marks").all_inner_texts())
    assert "○" not in before
    explorer.locator("[data-role=condition]").focus()
    page.keyboard.press("ArrowRight")
    assert explorer.locator("[data-role=condition-name]").inner_text() == "rate 0.5"
    assert "○" in "".join(explorer.locator(".marks").all_inner_texts())
    row = told(two_methods[0], "d3_0", "0.5")
    assert f"told {row['predicted']} (" in explorer.locator("[data-role=told]").inner_text()


@pytest.mark.parametrize("width", WIDTHS)
def test_another_method_is_chosen_by_keyboard(open_page, two_methods, width):
    page = open_page(width)
    explorer = page.locator("#explore-t")
    explorer.locator("[data-role=dialogue]").select_option(label="d3 (7)")
    explorer.locator("[data-role=method]").focus()
    page.keyboard.press("ArrowDown")
    row = told(two_methods[0], "d3_0", "0.0", number=1)
    assert f"told {row['predicted']} (" in explorer.locator("[data-role=told]").inner_text()
    assert explorer.locator("[data-role=confusion-said]").inner_text().startswith("GCNet, rate 0.0")
    assert page.seen["console"] == []


@pytest.mark.parametrize("width", WIDTHS)
def test_the_confusion_is_that_of_the_chosen_condition(open_page, two_methods, width):
    page = open_page(width)
    explorer = page.locator("#explore-t")
    results = two_methods[0].results()
    table = told_by(results, results.main, states_of(results)).table
    slider = explorer.locator("[data-role=condition]")

    for rate in ("0.0", "0.5"):
        rows = table[table["rate"] == rate]
        expected = [
            str(((rows["target"] == right) & (rows["predicted"] == said)).sum())
            for right in results.classes
            for said in results.classes
        ]
        cells = explorer.locator("[data-role=confusion] td").all_inner_texts()
        assert [cell.split()[0] for cell in cells] == expected
        slider.focus()
        page.keyboard.press("ArrowRight")


def test_what_was_never_there_is_no_withheld_thing(open_page):
    page = open_page(1440)
    explorer = page.locator("#explore-t")
    explorer.locator("[data-role=dialogue]").select_option(label="d0 (4)")
    explorer.locator('[data-place="3"]').click()  # its face was not found
    assert "visual never there" in explorer.locator("[data-role=told]").inner_text()


@pytest.mark.parametrize("width", WIDTHS)
def test_arrows_go_from_utterance_to_utterance(open_page, width):
    page = open_page(width)
    explorer = page.locator("#explore-t")
    explorer.locator("[data-role=dialogue]").select_option(label="d3 (7)")
    explorer.locator(".block").first.focus()
    page.keyboard.press("ArrowRight")
    assert explorer.locator("[data-role=told]").inner_text().startswith("d3_1,")
    page.keyboard.press("End")
    assert explorer.locator("[data-role=told]").inner_text().startswith("d3_6,")
    page.keyboard.press("ArrowRight")
    assert explorer.locator("[data-role=told]").inner_text().startswith("d3_6,")


@pytest.mark.parametrize("width", WIDTHS)
def test_errors_are_filtered_and_lead_to_their_utterance(open_page, two_methods, width):
    page = open_page(width)
    explorer = page.locator("#explore-t")
    explorer.locator("[data-role=class]").select_option("sad")
    rights = explorer.locator("[data-role=errors] tbody td:nth-child(3)").all_inner_texts()
    assert set(rights) == {"sad"}

    build, _ = two_methods
    results = build.results()
    table = told_by(results, results.main, states_of(results)).table
    of_sad = table[(table["rate"] == "0.0") & (table["target"] == "sad")]
    expected = (of_sad["predicted"] != "sad").sum()
    assert explorer.locator("[data-role=n-errors]").inner_text().startswith(f"{expected} errors")

    link = explorer.locator("[data-role=errors] button").first
    name = link.inner_text()
    link.focus()
    page.keyboard.press("Enter")
    assert explorer.locator("[data-role=told]").inner_text().startswith(f"{name},")
    assert page.evaluate("document.activeElement.className") == "block"


def test_hostile_words_stay_words(open_page):
    """Transcripts of this build hold scripts; the data of the page holds no < at all."""
    page = open_page(1440)
    data = page.locator("#explore-data-t").inner_html()
    assert "<" not in data
    assert "<script>" in json.loads(data)["text"][0]
    assert page.seen["dialogs"] == []


def test_words_that_are_kept_off_the_page_are_not_in_its_data(open_page, make_build):
    build = make_build(text="a secret of mine", report={"text": "auto"})
    assert "a secret of mine" not in build.report()


def test_a_span_of_a_recording_plays_from_the_file(open_page, make_build, tmp_path, monkeypatch):
    """The link works from the file, opens the recording at the utterance, and nothing else."""
    monkeypatch.chdir(tmp_path)
    build = make_build(report={"media": True})
    write_sound(tmp_path / "raw" / "d 1%.wav")
    rows = [replace(row, media="d 1%.wav") for row in build.utterances]
    write_rows(build.folder / "c" / "utterances.csv", rows, Utterance)
    build.report()
    page = open_page(1440, path=build.folder / "report" / "index.html")
    assert page.seen["console"] == []
    assert len(page.seen["requests"]) == 1  # nothing is loaded before somebody asks

    page.locator("[data-place='2']").click()
    link = page.locator("[data-role=play] a")
    assert link.get_attribute("href") == "../../raw/d%201%25.wav#t=2,3.5"
    with page.context.expect_page() as opened:
        link.press("Enter")
    sound = opened.value
    sound.wait_for_function("document.querySelector('video, audio')?.readyState >= 1")
    assert sound.evaluate("document.querySelector('video, audio').currentTime") >= 2
    assert sound.url.startswith((tmp_path / "raw").as_uri())


def write_sound(path):
    """Ten seconds of silence."""
    path.parent.mkdir()
    with wave.open(str(path), "wb") as sound:
        sound.setparams((1, 2, 8000, 0, "NONE", ""))
        sound.writeframes(bytes(2 * 8000 * 10))

"""Looking at utterances in a real browser: by mouse and keyboard, wide and narrow."""

import json

import pandas as pd
import pytest

pytestmark = pytest.mark.browser
WIDTHS = [360, 1440]


def told(build, utterance, rate):
    """What the first seed of the fold that tests an utterance said of it."""
    fold = int(utterance[1:].partition("_")[0]) % 2
    path = build.folder / "t" / "runs" / "iteacnet" / "0.5" / f"fold{fold}_seed0/predictions.csv"
    table = pd.read_csv(path, dtype=str)
    return table[(table["rate"] == rate) & (table["utterance_id"] == utterance)].iloc[0]


@pytest.mark.parametrize("width", WIDTHS)
def test_the_timeline_shows_the_predictions_that_lie_there(open_page, two_methods, width):
    page = open_page(width)
    explorer = page.locator("#explore-t")
    assert explorer.is_visible()
    explorer.locator("[data-role=dialogue]").select_option("d3")
    assert explorer.locator(".block").count() == 7
    assert explorer.locator(".lane").count() == 2  # one for each speaker
    row = told(two_methods[0], "d3_0", "0.0")
    said = explorer.locator("[data-role=told]").inner_text()
    assert f"told {row['predicted']}, right is {row['target']}" in said
    assert page.seen["console"] == []
    assert len(page.seen["requests"]) == 1


@pytest.mark.parametrize("width", WIDTHS)
def test_the_slider_withholds_and_the_marks_say_so(open_page, two_methods, width):
    page = open_page(width)
    explorer = page.locator("#explore-t")
    explorer.locator("[data-role=dialogue]").select_option("d3")
    before = "".join(explorer.locator(".marks").all_inner_texts())
    assert "○" not in before
    explorer.locator("[data-role=condition]").focus()
    page.keyboard.press("ArrowRight")
    assert explorer.locator("[data-role=condition-name]").inner_text() == "rate 0.5"
    assert "○" in "".join(explorer.locator(".marks").all_inner_texts())
    row = told(two_methods[0], "d3_0", "0.5")
    assert f"told {row['predicted']}," in explorer.locator("[data-role=told]").inner_text()


def test_what_was_never_there_is_no_withheld_thing(open_page):
    page = open_page(1440)
    explorer = page.locator("#explore-t")
    explorer.locator("[data-role=dialogue]").select_option("d0")
    explorer.locator('[data-place="3"]').click()  # its face was not found
    assert "visual never there" in explorer.locator("[data-role=told]").inner_text()


@pytest.mark.parametrize("width", WIDTHS)
def test_arrows_go_from_utterance_to_utterance(open_page, width):
    page = open_page(width)
    explorer = page.locator("#explore-t")
    explorer.locator("[data-role=dialogue]").select_option("d3")
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
    expected = 0
    for utterance in build.utterances:
        row = told(build, utterance.utterance_id, "0.0")
        expected += row["target"] == "sad" and row["predicted"] != "sad"
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
    assert "<script>" in json.loads(data)["utterances"][0]["text"]
    assert page.seen["dialogs"] == []


def test_words_that_are_kept_off_the_page_are_not_in_its_data(open_page, make_build):
    build = make_build(text="a secret of mine", report={"text": "auto"})
    assert "a secret of mine" not in build.report()

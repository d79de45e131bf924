"""timeline.html in a real browser: it plays what is clicked, by keyboard too, on 360 px."""

import wave

import pytest

from tests.chromium import launched
from tests.pipeline.tools.label.test_page import ROWS, row, write

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def browser():
    with launched(["--autoplay-policy=no-user-gesture-required"]) as opened:
        yield opened


@pytest.fixture
def page(browser, tmp_path):
    """page(width, scheme, media): the page of ROWS, opened, with all that it asked for and said."""
    contexts = []

    def opened(width=1280, scheme="light", media="talk.wav"):
        with wave.open(str(tmp_path / "talk.wav"), "wb") as sound:
            sound.setparams((1, 2, 8000, 0, "NONE", ""))
            sound.writeframes(bytes(2 * 8000 * 10))

        rows = [
            row(n, told.utterance.start_s, told.end_s, speaker=told.utterance.speaker, media=media,
                text=told.utterance.text, label=told.label, shares=told.shares, reason=told.reason)
            for n, told in enumerate(ROWS)
        ]  # fmt: skip
        write(tmp_path, rows, videos=tmp_path)
        context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)
        contexts.append(context)
        found = context.new_page()
        found.seen = []
        found.on("console", lambda message: found.seen.append(message.text))
        found.on("pageerror", lambda error: found.seen.append(str(error)))
        found.on("request", lambda request: found.seen.append(request.url))
        found.goto((tmp_path / "timeline.html").as_uri())
        return found

    yield opened
    for context in contexts:
        context.close()


def wait(page, what):
    """Until the expression is true; the page's policy forbids playwright's own waiting."""
    for _ in range(100):
        if page.evaluate(what):
            return
        page.wait_for_timeout(100)
    raise AssertionError(f"never: {what}")


def now(page):
    return page.evaluate("document.querySelector('video').currentTime")


def test_a_click_plays_the_utterance_and_shows_its_words(page, tmp_path):
    opened = page()
    wait(opened, "document.querySelector('video').readyState > 0")
    opened.locator(".cue.hue1").click()
    assert "sad 0.70, happy 0.30" in opened.locator(".told").inner_text()
    assert now(opened) == pytest.approx(1.5, abs=0.5)
    wait(opened, "document.querySelector('.cue.playing') !== null")
    assert not opened.locator(".missing").is_visible()
    asked = {place for place in opened.seen if "://" in place}
    assert asked == {(tmp_path / name).as_uri() for name in ("timeline.html", "talk.wav")}
    assert all(place.startswith("file:") for place in opened.seen)  # no error was written


def test_the_keyboard_walks_in_time_over_what_is_shown(page):
    opened = page()
    opened.locator(".cue[tabindex='0']").focus()
    focused = "Number(document.activeElement.dataset.start)"
    starts = [opened.evaluate(focused)]
    for key in ("ArrowRight", "ArrowRight", "End", "ArrowRight", "Home", "ArrowLeft"):
        opened.keyboard.press(key)
        starts.append(opened.evaluate(focused))

    assert starts == [0, 1.5, 4, 5, 5, 0, 0]
    opened.locator("fieldset input").nth(1).uncheck()
    assert opened.locator(".lane:visible").count() == 1
    opened.locator(".cue[tabindex='0']").focus()
    opened.keyboard.press("ArrowRight")
    assert opened.evaluate(focused) == 4  # Bob is not there
    opened.keyboard.press("Enter")
    assert now(opened) == pytest.approx(4, abs=0.5)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1440])
def test_it_fits_and_can_be_read(page, width, scheme):
    opened = page(width, scheme)
    assert opened.evaluate("document.documentElement.scrollWidth") == width
    body = "getComputedStyle(document.body)"
    ink, ground = (opened.evaluate(f"{body}.{name}") for name in ("color", "backgroundColor"))
    light = [sum(map(int, colour[4:-1].split(", "))) for colour in (ink, ground)]
    assert (light[0] > light[1]) == (scheme == "dark")


def test_a_video_that_is_not_there_can_be_chosen(page, tmp_path):
    opened = page(media="gone.wav")
    opened.locator(".missing").wait_for(state="visible")
    opened.locator(".missing input").set_input_files(tmp_path / "talk.wav")
    wait(opened, "document.querySelector('video').readyState > 0")
    opened.locator(".cue.hue1").click()
    assert now(opened) == pytest.approx(1.5, abs=0.5)

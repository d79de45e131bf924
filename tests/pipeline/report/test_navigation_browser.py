"""One navigation that stays, and says where the reader is; words that lead to their meaning."""

import pytest

pytestmark = pytest.mark.browser
WIDTHS = [360, 1440]


def settle(page):
    """Wait until the page stands still and the navigation has heard of it."""
    page.wait_for_function(
        "() => new Promise(done => { const y = scrollY;"
        " setTimeout(() => done(y === scrollY), 150); })"
    )


@pytest.mark.parametrize("width", WIDTHS)
def test_the_navigation_stays_and_marks_the_section(open_page, width):
    page = open_page(width)
    navigation = page.locator("nav")

    for place, title in (("#provenance", "Provenance"), ("#words", "Words"), ("#tables", "Tables")):
        page.evaluate("place => document.querySelector(place).scrollIntoView()", place)
        settle(page)
        box = navigation.bounding_box()
        assert box["y"] == pytest.approx(0, abs=1)
        current = navigation.locator("[aria-current]")
        assert current.count() == 1
        assert current.inner_text().startswith(title)
        spot = current.bounding_box()
        assert 0 <= spot["x"] <= spot["x"] + spot["width"] <= width
        heading = page.locator(f"{place} h2").bounding_box()
        assert heading["y"] + heading["height"] > (box["height"] if width < 1200 else 0)

    assert page.seen["console"] == []


@pytest.mark.parametrize("width", WIDTHS)
def test_a_part_within_a_task_is_marked_with_its_task(open_page, width):
    page = open_page(width)
    page.evaluate("document.querySelector('#t-confusion').scrollIntoView()")
    settle(page)
    marked = page.locator("nav [aria-current], nav .holds")
    visible = [link.inner_text() for link in marked.all() if link.is_visible()]
    assert visible == (["Task t", "Confusion"] if width > 1200 else ["Task t"])


@pytest.mark.parametrize("width", WIDTHS)
def test_a_section_is_reached_by_keyboard(open_page, width):
    page = open_page(width)
    page.locator("nav a[href='#provenance']").focus()
    page.keyboard.press("Enter")
    settle(page)
    top = page.locator("#provenance h2").bounding_box()["y"]
    assert -1 <= top <= 400
    assert page.locator("nav").bounding_box()["y"] == pytest.approx(0, abs=1)


@pytest.mark.parametrize("width", WIDTHS)
def test_a_word_leads_to_its_meaning_by_keyboard(open_page, width):
    page = open_page(width)
    word = page.locator("a.term", has_text="missing rate").first
    word.focus()
    page.keyboard.press("Enter")
    settle(page)
    entry = page.locator("#term-missing-rate")
    assert entry.evaluate("entry => entry.matches(':target')")
    box = entry.bounding_box()
    assert 0 <= box["y"] <= 800 - box["height"]
    assert "withheld" in page.locator("#term-missing-rate + dd").inner_text()

"""The report in a real browser: no error, no request, readable at 360 px, by keyboard, in the dark.

Headless Chromium through playwright; skipped where the browser is not installed.
"""

import pytest

pytestmark = pytest.mark.browser
LEAST_CONTRAST = 4.5  # WCAG 2.1 AA for text
FOCUSABLE = "a[href], summary, select, input, button:not([tabindex='-1']), [tabindex='0']"


@pytest.mark.parametrize("width", [360, 1280])
def test_no_console_error_and_no_request_besides_the_page_itself(open_page, width):
    page = open_page(width)
    page.wait_for_timeout(200)
    assert page.seen["console"] == []
    assert len(page.seen["requests"]) == 1
    assert page.seen["requests"][0].startswith("file://")


def test_hostile_transcripts_stay_text(open_page):
    page = open_page()
    page.wait_for_timeout(200)
    assert page.seen["dialogs"] == []
    assert page.locator("script").count() == 2  # ours, and the numbers that it draws
    assert page.locator("img, [onerror]").count() == 0
    shown = page.locator("#corpus-c td", has_text="<script>alert(1)</script><img src=x onerror=")
    assert shown.count() >= 39  # every utterance, and what was dropped


@pytest.mark.parametrize("width", [360, 768, 1280])
def test_the_page_never_scrolls_sideways_but_wide_tables_do_inside_their_region(open_page, width):
    page = open_page(width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    regions = page.locator(".scroll")
    wider = page.evaluate(
        "Array.from(document.querySelectorAll('.scroll'))"
        ".filter(one => one.scrollWidth > one.clientWidth + 1).length"
    )
    assert regions.count() > 8
    if width == 360:
        assert wider > 2


def test_a_wide_table_is_read_at_360_px_by_scrolling_with_the_keyboard(open_page):
    page = open_page(360)
    region = page.get_by_role("region", name="Which command wrote what")
    region.focus()
    last = region.locator("tbody tr:not(.group)").last.locator("td").last
    name = region.locator("tbody tr:not(.group)").last.locator("th")
    right = region.bounding_box()["x"] + region.bounding_box()["width"]
    assert last.bounding_box()["x"] > right - 1  # out of sight at first
    for _ in range(30):
        page.keyboard.press("ArrowRight")
    page.wait_for_timeout(400)
    box = last.bounding_box()
    assert box["x"] + box["width"] <= right + 1
    assert name.bounding_box()["x"] >= 0  # the row's name stays in sight
    assert float(last.evaluate("one => getComputedStyle(one).fontSize").rstrip("px")) >= 12


def test_every_interactive_element_is_reached_by_tab_in_order_and_shows_it(open_page):
    page = open_page()
    n_focusable = page.evaluate(
        "selector => { const all = [...document.querySelectorAll(selector)]"
        ".filter(one => one.checkVisibility());"
        " all.forEach((one, number) => one.setAttribute('data-order', number));"
        " return all.length; }",
        FOCUSABLE,
    )
    reached, unmarked = [], []
    for _ in range(n_focusable):
        page.keyboard.press("Tab")
        found = page.evaluate(
            "() => { const one = document.activeElement, style = getComputedStyle(one);"
            " return [one.dataset.order, style.outlineStyle, one.className]; }"
        )
        reached.append(found[0])
        if found[1] == "none":
            unmarked.append(found)

    assert n_focusable > 60
    assert reached == [str(number) for number in range(n_focusable)]
    assert unmarked == []


def test_a_folded_part_opens_by_keyboard(open_page):
    page = open_page()
    summary = page.locator("summary").first
    summary.focus()
    before = summary.evaluate("one => one.parentElement.open")
    page.keyboard.press("Enter")
    assert summary.evaluate("one => one.parentElement.open") is not before


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_text_has_readable_contrast(open_page, scheme):
    page = open_page(1280, scheme)
    colors = page.evaluate(COLORS)
    assert len(colors) > 8
    poor = {tuple(pair): contrast(*pair) for pair in colors if contrast(*pair) < LEAST_CONTRAST}
    assert poor == {}
    grounds = {parse(ground)[:3] for _, ground in colors}
    is_dark = all(luminance(ground) < 0.3 for ground in grounds)
    assert is_dark == (scheme == "dark")


def test_figures_take_the_colour_of_the_scheme(open_page):
    inks = {
        scheme: open_page(1280, scheme)
        .locator("figure svg text")
        .first.evaluate("one => getComputedStyle(one).fill")
        for scheme in ("light", "dark")
    }
    assert luminance(parse(inks["dark"])) > 0.5
    assert luminance(parse(inks["light"])) < 0.1


def test_a_report_without_any_task_opens_as_well(open_page, make_build):
    build = make_build(methods={})
    build.report()
    page = open_page(360, path=build.folder / "report" / "index.html")
    assert page.seen["console"] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert page.locator("h1").count() == 1


# Pairs of text colour and the ground under it, for every element that holds text of its own.
COLORS = """() => {
  const pairs = new Map();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode, element = node.parentElement;
    if (!node.textContent.trim() || element.closest('svg, .skip')) continue;
    let ground = element, over = [];
    while (ground) {
      const color = getComputedStyle(ground).backgroundColor;
      if (color !== 'rgba(0, 0, 0, 0)') over.push(color);
      if (color.startsWith('rgb(')) break;
      ground = ground.parentElement;
    }
    const mixed = mix(over.reverse());
    pairs.set(getComputedStyle(element).color + mixed, [getComputedStyle(element).color, mixed]);
  }
  function mix(layers) {
    let base = [255, 255, 255];
    for (const layer of layers) {
      const [r, g, b, a = 1] = layer.match(/[\\d.]+/g).map(Number);
      base = [r, g, b].map((value, i) => value * a + base[i] * (1 - a));
    }
    return `rgb(${base.join(', ')})`;
  }
  return [...pairs.values()];
}"""


def parse(color):
    numbers = color[color.index("(") + 1 : color.index(")")].split(",")
    return tuple(float(number) for number in numbers)[:3]


def luminance(color):
    """Relative luminance, WCAG 2.1."""
    linear = [
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4
        for c in (value / 255 for value in color)
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(ink, other):
    low, high = sorted((luminance(parse(ink)), luminance(parse(other))))
    return (high + 0.05) / (low + 0.05)

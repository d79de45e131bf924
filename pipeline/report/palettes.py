"""One palette for each meaning; no red, which people read as bad, stands for a class or a method.

Every hue stands out from a white page and from a black one (contrast of 3 and more, WCAG 1.4.11),
and those of one palette from each other for people without red or green cones; found by a greedy
search over OKLab under the matrices of Machado et al. 2009. Colour is never the only difference.
"""

CLASSES = (
    "#bb550e",
    "#3377cd",
    "#1d8c5e",
    "#ba218c",
    "#929292",
    "#886afe",
    "#b18d2a",
    "#798ddc",
)
METHODS = (
    "#0d76ad",
    "#d67620",
    "#af68f8",
    "#79632b",
    "#20a07b",
    "#888dc3",
    "#a84484",
    "#6f4dde",
)
# Parts of a whole without an order: token mixers, terms of a loss.
PARTS = ("#a8912c", "#495ae6", "#b5268a", "#6a97c1", "#447529", "#9e76f2")
# How much is there, from everything to nothing: one hue, paler and paler, each with an edge.
AMOUNTS = ("#0e6f73", "#4d9ea0", "#a9cfcf", "#e6eded")
FLOOR = "#7a8793"  # the guess that never looks
BELOW, MIDDLE, ABOVE = CLASSES[0], "#c4c9ce", CLASSES[1]  # of numbers about a middle

MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*", "<")  # one more than hues: pairs are all new
LINES = ("-", "-.", ":")  # dashes alone are the floor's
HATCHES = ("", "///", "\\\\\\", "xxx", "---", "|||")


def style_of(number: int) -> tuple[str, str]:
    """Colour and marker of a method by its place; 72 methods have different ones."""
    return METHODS[number % len(METHODS)], MARKERS[number % len(MARKERS)]


def line_of(number: int) -> str:
    """How the curve of a method is drawn: the next eight, of the same hues, are not solid."""
    return LINES[number // len(METHODS) % len(LINES)]

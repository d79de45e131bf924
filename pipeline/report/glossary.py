"""Words of the page that not everybody knows: what each means, and where it is met first.

Each part links the first mention of a term to its entry; an entry stands on the page where its
term does.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape


@dataclass(frozen=True)
class Term:
    """A word, other forms of it, and its meaning."""

    name: str
    meaning: str
    forms: Sequence[str] = ()

    @property
    def anchor(self) -> str:
        """Id of its entry."""
        return f"term-{re.sub('[^a-z0-9]+', '-', self.name.lower()).strip('-')}"


TERMS = (
    Term(
        "missing rate",
        "Share of (utterance, modality) pairs that are withheld from a method. Of each utterance "
        "one modality stays, so that 0.7 of three modalities means 2/3.",
        ("missing rates",),
    ),
    Term(
        "modality", "Sound, words or faces: what of an utterance a method reads.", ("modalities",)
    ),
    Term("utterance", "What one speaker says in one go, with a label.", ("utterances",)),
    Term("UME", "Unified model evaluation: one model is trained and tested at every missing rate."),
    Term(
        "IME", "Independent model evaluation: a model of its own is trained for each missing rate."
    ),
    Term(
        "weighted F1",
        "Mean of the F1 of each class, weighted by how often the class is right. F1 is the "
        "harmonic mean of precision and recall. 100 % is perfect.",
        ("WAF",),
    ),
    Term("macro F1", "Plain mean of the F1 of each class: rare classes count as much as others."),
    Term(
        "CCC",
        "Concordance of told and right values: 1 where they are equal, 0 where what is told says "
        "nothing of them.",
    ),
    Term(
        "interval",
        "Where a number would lie in 95 of 100 studies that test on other dialogues of the same "
        "kind. Two numbers whose difference has an interval around 0 are not told apart.",
        ("intervals",),
    ),
    Term(
        "bootstrap",
        "Intervals by drawing the test dialogues again and again, with replacement, and scoring "
        "each draw.",
    ),
    Term(
        "Holm-corrected",
        "A p-value that allows for how many pairs are compared: without it some differ by chance.",
    ),
    Term("fold", "One division of the dialogues into training, validation and test.", ("folds",)),
    Term("seed", "Number that a training's random choices follow from.", ("seeds",)),
    Term(
        "validation role",
        "Dialogues that training is watched on: they choose the epoch and are never tested on.",
    ),
    Term(
        "ECE",
        "Expected calibration error: how far confidence lies from the share of right answers, on "
        "average.",
    ),
    Term(
        "temperature",
        "Number that a network's outputs are divided by, so that its probabilities say how often "
        "it is right.",
        ("temperatures",),
    ),
    Term("calibrated", "Of probabilities: corrected by a temperature."),
    Term("risk", "Share of wrong answers among those that are given."),
    Term("coverage", "Share of utterances that are answered at all, the surest first."),
    Term(
        "ECCE",
        "Emotion context changing encoder: ITEACNet's bias of attention, from how features move "
        "over the utterances between two of them.",
    ),
    Term(
        "token mixer",
        "A layer by which utterances of a dialogue hear of each other, such as attention or "
        "pooling; a router weighs several.",
        ("token mixers",),
    ),
    Term("majority class", "A guess that never looks: always the commonest class of training."),
)
FORMS: Mapping[str, Term] = {
    form.lower(): term for term in TERMS for form in (term.name, *term.forms)
}
FOUND = re.compile(
    rf"(?<![\w-])({'|'.join(map(re.escape, sorted(FORMS, key=len, reverse=True)))})(?![\w-])",
    re.IGNORECASE,
)


CODE = re.compile(r"`([^`\n]+)`")


class Linker:
    """Links terms of one page: the first mention in each part; remembers which were met."""

    def __init__(self) -> None:
        self._met: set[str] = set()
        self._used: set[str] = set()

    def start(self) -> str:
        """A new part begins."""
        self._met.clear()
        return ""

    def link(self, text: str) -> Markup:
        """Escaped text, `commands` as code, linked to the entries of terms new in this part."""
        pieces: list[Markup] = []
        for number, piece in enumerate(CODE.split(text)):
            is_code = number % 2 == 1
            pieces += [Markup("<code>{}</code>").format(piece)] if is_code else self._pieces(piece)
        return Markup("").join(pieces)

    def terms(self) -> list[Term]:
        """The terms that were linked, in alphabetical order."""
        there = [term for term in TERMS if term.name in self._used]
        return sorted(there, key=lambda term: term.name.lower())

    def _pieces(self, text: str) -> Iterator[Markup]:
        end = 0
        for match in FOUND.finditer(text):
            term = FORMS[match.group().lower()]
            if term.name in self._met:
                continue

            self._met.add(term.name)
            self._used.add(term.name)
            yield escape(text[end : match.start()])
            yield Markup('<a class="term" href="#{}">{}</a>').format(term.anchor, match.group())
            end = match.end()
        yield escape(text[end:])

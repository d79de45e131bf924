"""The card of a model that is handed on: what it was trained on, how good it is, what for."""

from collections.abc import Iterator, Sequence

from pipeline.evaluation.calibration import Calibration
from pipeline.evaluation.temperature import POOLED
from pipeline.tools.label.origin import ELSEWHERE, SYNTHETIC, trained_on
from pipeline.tools.label.trained import Facts, TrainedRun
from pipeline.tools.markdown import markdown_table, plain

ENCODER_HEADS = ("modality", "encoder", "width", "pooling", "precision", "weights")
NOT_FOR = (
    "Decisions about a person: hiring, schooling, health, credit, policing. In the European Union "
    "it is forbidden to infer emotions at work and in education (Regulation 2024/1689, article 5).",
    "What people feel: labels are what annotators saw and heard in others.",
    "Other features than those of the encoders above: `label` refuses them.",
)


def model_card(run: TrainedRun) -> str:
    """The whole text."""
    return "\n".join(_lines(run)) + "\n"


def _lines(run: TrainedRun) -> Iterator[str]:
    facts = run.facts
    yield from (f"# {plain(facts.name.in_words())}", "")
    if facts.corpus is not None and facts.corpus.synthetic:
        yield from (f"**{SYNTHETIC[0].upper()}{SYNTHETIC[1:]}.**", "")
    told = ", ".join(facts.task.classes) or "a number"

    yield from (f"Says of each utterance of a conversation: {plain(told)}.", "")
    yield from (f"Trained on {plain(trained_on(facts))}.", "")
    yield from ("## Encoders", "")
    yield from markdown_table(ENCODER_HEADS, _encoders(facts))
    yield from ("", "## How good it is", "")
    yield from _scores(run.calibration)
    yield from ("", "## How to use it", "")
    yield from ("    python -m pipeline label THIS_FOLDER build/CORPUS --out labels", "")
    yield from ("## What it is not for", "")
    yield from (f"* {text}" for text in (*_limits(facts), *NOT_FOR))


def _encoders(facts: Facts) -> Iterator[Sequence[object]]:
    for modality in facts.modalities:
        origin = (facts.encoders or {}).get(modality)
        made = ("unknown",) * 4
        width = facts.shape.feature_dims[modality]
        if origin is None:
            yield (modality, made[0], width, *made[1:])
        else:
            digest = origin.weights[:16]
            yield modality, origin.encoder, width, origin.pooling, origin.precision, digest


def _scores(calibration: Calibration | None) -> Iterator[str]:
    if calibration is None or calibration.reason:
        why = plain(calibration.reason) if calibration else "the run is of an older version"
        yield f"Nobody measured it by what was there: {why}."
        return

    yield "On the test role of its fold, by what was there of an utterance: accuracy with its 95 %"
    yield "interval, and the calibration error (ECE) of its probabilities, before and after."
    yield ""
    rows = []

    for pattern, found in calibration.patterns.items():
        low, high = found.interval
        name = "all together" if pattern == POOLED else pattern.replace("+", ", ")
        accuracy = f"{100 * found.after.accuracy:.1f} % [{100 * low:.1f}, {100 * high:.1f}]"
        errors = f"{100 * found.before.ece:.1f}", f"{100 * found.after.ece:.1f}"
        rows.append((name, found.n_utterances, accuracy, *errors))

    yield from markdown_table(
        ("there was", "utterances", "accuracy", "ECE before", "ECE after"), rows
    )
    yield from ("", f"{ELSEWHERE[0].upper()}{ELSEWHERE[1:]}.")
    if calibration.unfitted:
        yield f"No temperature changes them: {calibration.unfitted}."
    elif calibration.fitted_on == "test":
        yield "They were fitted on the test role itself: such errors are too good to be true."


def _limits(facts: Facts) -> Iterator[str]:
    corpus = facts.corpus
    if corpus is None or corpus.language is None:
        yield "Any language before you have tried it: nobody said which one it was trained on."
    else:
        yield f"Other languages than {plain(corpus.language)}."
    if corpus is None or corpus.acted is not False:
        yield "Unplayed speech, before you have tried it: its data are played, or nobody said."
    if corpus is None or corpus.synthetic is not False:
        yield "People, before you have tried it: its data are synthetic, or nobody said."

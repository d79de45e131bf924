"""DEMO.json and README.txt of the demo corpus: what it is, what is in it, what it lacks."""

from collections import Counter
from collections.abc import Sequence
from importlib import metadata
from typing import Any

from demo.script import LACKS, Dialogue
from pipeline.config.corpora import DemoSettings

PACKAGES = (
    "av",
    "espeakng-loader",
    "matplotlib",
    "numpy",
    "opencv-python-headless",
    "scikit-image",
    "scipy",
)
LICENSES = {
    "Grace Hopper portrait": "public domain, US Navy (shipped with matplotlib)",
    "Eileen Collins portrait": "public domain, NASA (shipped with scikit-image)",
    "espeak-ng": "GPL-3; spoke the lines, is no part of the corpus (shipped with espeakng-loader)",
    "lines": "written for this project, under its license",
}
TITLE = "Synthetic demo corpus in the layout of IEMOCAP_full_release."
NOTICE = f"""\
{TITLE}

No line of it comes from IEMOCAP, and nobody said or felt any of this. Lines were written for this
project and spoken by espeak-ng; two portraits in the public domain (Grace Hopper, US Navy; Eileen
Collins, NASA) were animated. The letters F and M follow the layout, not the persons: both are
women. Emotions, votes and ratings follow a script. Good for trying a pipeline, not for science.
DEMO.json says what is in it and which utterances lack a face, sound or text.
"""


def describe_demo(
    settings: DemoSettings, script: Sequence[Dialogue], durations_s: Sequence[float]
) -> dict[str, Any]:
    """The content of DEMO.json."""
    turns = [turn for dialogue in script for turn in dialogue.turns]
    labels = Counter(turn.label or "not evaluated" for turn in turns)

    return {
        "what": TITLE,
        "synthetic": True,
        "settings": settings.model_dump(mode="json", include=set(DemoSettings.model_fields)),
        "versions": {name: metadata.version(name) for name in PACKAGES},
        "licenses": LICENSES,
        "n_dialogues": len(script),
        "n_utterances": len(turns),
        "n_labeled": sum(turn.label not in ("", "xxx") for turn in turns),
        "duration_s": round(sum(durations_s), 3),
        "labels": dict(sorted(labels.items())),
        "lacking": {
            lack: [turn.utterance_id for turn in turns if turn.lack == lack] for lack in LACKS
        },
    }

"""Which dialogue of a run is looked into, and everything that a trace says of it.

The maps of a dialogue are (L, H, T, T) for each modality, so that dialogues are bounded in length;
where none of the test role is short enough, the routers are traced alone.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from pipeline.base.arrays import Arrays
from pipeline.base.records import ROLES
from pipeline.config.methods import MethodSettings
from pipeline.config.settings import Section
from pipeline.config.tasks import ScoredTask
from pipeline.conversations.index import ConversationIndex, IntArray
from pipeline.conversations.reading import FoldTables
from pipeline.training.restored import RestoredRun
from pipeline.training.tracing import average_routers, reported_network, trace_dialogue

LONGEST = 1000  # utterances: maps of 4 layers, 8 heads and 3 modalities are 400 MB
FACTS = ("task", "method", "train_rate", "fold", "seed")  # of run.json, for the header


class TraceSettings(Section):
    """What the rule `trace` hands over as JSON."""

    task: ScoredTask
    method: MethodSettings
    rates: tuple[str, ...] = Field(min_length=1)
    dialogue: str | None = None


def trace_run(
    run: RestoredRun, tables: FoldTables, masks: NDArray[np.bool_], settings: TraceSettings
) -> tuple[Arrays, dict[str, Any]]:
    """Arrays and header of a trace; masks (R, N, 3) over the line of utterances of the run."""
    dialogue, note = choose_dialogue(run.index, run.test, settings.dialogue)
    network = reported_network(run.learner)
    is_drawn = has_maps(run.index, dialogue)
    arrays = trace_dialogue(network, run.conversations, dialogue) if is_drawn else {}
    arrays |= average_routers(network, run.conversations, run.test, masks)

    name = str(run.index.dialogue_ids[dialogue])
    design = settings.method.settings.typed()
    header = {
        **{key: run.facts[key] for key in FACTS},
        "dialogue": name,
        "role": " and ".join(roles_of(tables, name)),
        "utterances": utterances_of(run.index, dialogue),
        "note": note,
        "network": "student" if design.framework == "its" else "teacher",
        "candidates": list(network.own.candidates),
    }
    return arrays, header


def choose_dialogue(
    index: ConversationIndex, test: IntArray, wanted: str | None
) -> tuple[int, str]:
    """The dialogue that is asked for, else the longest of the test role; what to say of it.

    Of dialogues of more than `LONGEST` utterances no maps are made, so that a shorter one is
    taken; where there is none, the shortest stands for its routers alone (`has_maps`).
    """
    lengths = index.lengths[test]
    fitting = np.where(lengths <= LONGEST, lengths, -lengths)
    chosen = int(test[fitting.argmax()])

    found = index.numbers_of([wanted] if wanted is not None else [])
    if wanted is not None and len(found) and has_maps(index, int(found[0])):
        return int(found[0]), ""

    too_long = f"has more than {LONGEST:,} utterances, of which no maps are drawn"
    if not has_maps(index, chosen):
        return chosen, f"every dialogue of the test role {too_long}"
    if wanted is not None:
        reason = too_long if len(found) else "is not a labelled dialogue of this task"
        return chosen, f"{wanted} {reason}: the longest one is shown"
    return chosen, f"a longer dialogue {too_long}" if lengths.max() > LONGEST else ""


def has_maps(index: ConversationIndex, dialogue: int) -> bool:
    """Whether the maps of a dialogue, (L, H, T, T) for each modality, can be held."""
    return int(index.lengths[dialogue]) <= LONGEST


def roles_of(tables: FoldTables, dialogue: str) -> list[str]:
    """Roles of a dialogue in the fold: two of them under `protocol: paper`."""
    return [role for role in ROLES if dialogue in tables.roles[role]]


def utterances_of(index: ConversationIndex, dialogue: int) -> list[str]:
    """Ids of a dialogue's utterances, in order."""
    start = int(index.starts[dialogue])
    names = index.utterance_ids[start : start + int(index.lengths[dialogue])]
    return [str(name) for name in names]

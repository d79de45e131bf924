"""Stage trace: what one run of a form of ITEACNet does inside -> traces/{method}.safetensors.

Attention and ECCE of one dialogue (paper Figure 4) and the routers' mean weights over the test
role at all missing rates. The report draws them; it may not load a network itself.
"""

import argparse

import numpy as np
from pydantic import Field

from pipeline.base.arrays import write_arrays
from pipeline.base.records import ROLES
from pipeline.config.methods import MethodSettings
from pipeline.config.settings import Section, parse_section
from pipeline.config.tasks import ScoredTask
from pipeline.conversations.index import ConversationIndex, IntArray
from pipeline.conversations.reading import FoldTables, read_fold, read_rates, read_stores
from pipeline.stages.options import stage_parser
from pipeline.training.devices import DeviceError, ready_device
from pipeline.training.restored import restore_run
from pipeline.training.tracing import average_routers, reported_network, trace_dialogue

LONGEST = 1000  # utterances: maps of 4 layers, 8 heads and 3 modalities are 400 MB


class TraceSettings(Section):
    """What the rule hands over as JSON."""

    task: ScoredTask
    method: MethodSettings
    rates: tuple[str, ...] = Field(min_length=1)
    dialogue: str | None = None


def main(argv: list[str] | None = None) -> None:
    """Read the command line, restore the run, trace it, write."""
    args = _parse(argv)
    try:
        device = ready_device(args.device, args.threads)
    except DeviceError as error:
        raise SystemExit(f"error: {error}") from None
    settings = parse_section(args.settings, TraceSettings, where="")
    tables = read_fold(args.utterances, args.labels, args.splits, args.fold)
    stores = read_stores(args.features, tables.utterances)
    run = restore_run(
        args.weights, args.run, tables, stores, settings.task, settings.method, device, ROLES
    )
    dialogue, note = choose_dialogue(run.index, run.test, settings.dialogue)
    network = reported_network(run.learner)
    rates = [float(rate) for rate in settings.rates]
    masks = read_rates(args.availability, rates, args.fold, tables.labels, run.index, run.test)
    is_drawn = has_maps(run.index, dialogue)
    arrays = trace_dialogue(network, run.conversations, dialogue) if is_drawn else {}
    arrays |= average_routers(network, run.conversations, run.test, masks)
    name = str(run.index.dialogue_ids[dialogue])
    design = settings.method.settings.typed()
    header = {
        **{key: run.facts[key] for key in ("task", "method", "train_rate", "fold", "seed")},
        "dialogue": name,
        "role": " and ".join(roles_of(tables, name)),
        "utterances": utterances_of(run.index, dialogue),
        "note": note,
        "network": "student" if design.framework == "its" else "teacher",
        "candidates": list(network.own.candidates),
    }
    write_arrays(args.out, arrays, header)
    print(f"done: dialogue {name}, {len(header['utterances'])} utterances")


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
        reason = too_long if len(found) else "is no labelled dialogue of this task"
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


def _parse(argv: list[str] | None) -> argparse.Namespace:
    parser = stage_parser(
        __doc__,
        *("utterances", "labels", "splits", "features", "availability", "weights", "run"),
        *("fold", "threads", "device"),
        settings="JSON: task, method, rates, dialogue",
        out="traces/{method}.safetensors",
    )
    return parser.parse_args(argv)


if __name__ == "__main__":
    main()

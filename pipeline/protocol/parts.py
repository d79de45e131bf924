"""Cuts a corpus into k parts of whole dialogues: by session, by dialogue, or by groups of speakers.

Parts by dialogue and by speakers hold about as many utterances each; a seed decides between
dialogues of one size. IEMOCAP's parts are its five sessions (reading.md B.1).
"""

from collections.abc import Mapping

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from pipeline.base.records import Utterance
from pipeline.base.wording import counted
from pipeline.config.tasks import FoldRule
from pipeline.protocol.errors import ProtocolError

Dialogues = dict[str, list[Utterance]]  # labelled utterances by dialogue, in order of the table
Parts = list[list[str]]  # dialogue ids


def parts_of(dialogues: Dialogues, folds: FoldRule, least: int) -> Parts:
    """The k parts; refuses a corpus that does not make k of them. `least`: parts needed."""
    if folds.by == "sessions":
        parts = _sessions(dialogues)
    else:
        groups = [[d] for d in dialogues] if folds.by == "dialogues" else _speaker_groups(dialogues)
        parts = _balance(groups, {d: len(u) for d, u in dialogues.items()}, folds.k, folds.seed)
    filled = sum(bool(part) for part in parts)
    if filled != folds.k or len(parts) != folds.k:
        make = counted(len(dialogues), "labelled dialogue makes", "labelled dialogues make")
        raise ProtocolError(
            f"folds.k={folds.k}, but the {make} {counted(filled, 'part')} "
            f"by {folds.by}; {_way_out(folds, filled, len(dialogues), least)}"
        )
    return parts


def _way_out(folds: FoldRule, filled: int, n_dialogues: int, least: int) -> str:
    """Advice that can be taken: each of its settings makes parts enough."""
    if filled >= least:
        return f"set folds.k={filled}"
    if folds.by != "dialogues" and n_dialogues >= least:
        return f"set folds.by=dialogues and folds.k={min(n_dialogues, folds.k)}"
    needed = f"{least} are needed for training, validation and test: label more dialogues"
    if least == 3 and filled == 2:
        return f"{needed}, or set protocol.name=paper and folds.k=2 (validation on the test part)"
    return needed


def _sessions(dialogues: Dialogues) -> Parts:
    by_session: dict[str, list[str]] = {}
    for dialogue, utterances in dialogues.items():
        sessions = {utterance.session for utterance in utterances}
        if len(sessions) != 1 or "" in sessions:
            raise ProtocolError(
                f"folds.by=sessions: dialogue {dialogue!r} has sessions {sorted(sessions)}, not one"
            )
        by_session.setdefault(sessions.pop(), []).append(dialogue)
    return [by_session[session] for session in sorted(by_session)]


def _speaker_groups(dialogues: Dialogues) -> Parts:
    """Dialogues that share a speaker, directly or through others, belong together.

    A name is a person of its session; an empty name is a person of its dialogue only. A corpus
    without any name is refused: its folds would be those of dialogues under another name.
    """
    if not any(row.speaker for utterances in dialogues.values() for row in utterances):
        raise ProtocolError(
            "folds.by=speakers: no labelled utterance has a speaker; fill in who speaks, or set "
            "folds.by=dialogues"
        )
    people: dict[tuple[str, ...], int] = {}
    edges = [
        (row, people.setdefault(_person(utterance), len(people)))
        for row, utterances in enumerate(dialogues.values())
        for utterance in utterances
    ]

    left, right = np.array(edges).T
    n_nodes = len(dialogues) + len(people)
    graph = coo_array((np.ones(len(edges)), (left, right + len(dialogues))), (n_nodes, n_nodes))
    _, component = connected_components(graph, directed=False)

    groups: dict[int, list[str]] = {}
    for dialogue, number in zip(dialogues, component, strict=False):
        groups.setdefault(int(number), []).append(dialogue)
    return list(groups.values())


def _person(utterance: Utterance) -> tuple[str, ...]:
    if utterance.speaker:
        return ("named", utterance.session, utterance.speaker)
    return ("unnamed", utterance.dialogue_id)


def _balance(groups: Parts, sizes: Mapping[str, int], k: int, seed: int) -> Parts:
    """Share out whole groups, the largest first, each to the part with fewest utterances."""
    order = np.random.default_rng(seed).permutation(len(groups))
    shuffled = [groups[i] for i in order]
    parts: Parts = [[] for _ in range(k)]
    totals = [0] * k
    for group in sorted(shuffled, key=lambda group: -sum(sizes[d] for d in group)):
        part = totals.index(min(totals))
        parts[part] += group
        totals[part] += sum(sizes[d] for d in group)
    return parts

"""Folds: which dialogues train, validate and test (reading.md A.6, B.1).

A corpus is cut into parts, and fold k tests part k. `strict`: part k + 1 validates and the others
train. `paper`: part k also validates, as GCNet and ITEACNet do on IEMOCAP, so that its dialogues
hold two roles. `official` splits have their own validation set, the same under both. Dialogues
without any label take no part.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from pipeline.base.records import ROLES, Annotation, Label, Role, SplitRow, Utterance
from pipeline.base.roles import ROLE_NAMES
from pipeline.config.tasks import FoldRule, ProtocolName
from pipeline.protocol.errors import ProtocolError
from pipeline.protocol.labels import annotation_values
from pipeline.protocol.parts import Dialogues, Parts, parts_of

LEAST_PARTS: Mapping[ProtocolName, int] = {"strict": 3, "paper": 2}


def assign_splits(
    utterances: Iterable[Utterance],
    labels: Iterable[Label],
    annotations: Iterable[Annotation],
    folds: FoldRule,
    protocol: ProtocolName,
) -> list[SplitRow]:
    """Rows by fold, then role, then dialogue in the order of the utterance table."""
    dialogues = labelled_dialogues(utterances, labels)
    if folds.by == "official":
        by_fold = {0: _official(dialogues, annotation_values(annotations, folds.annotation))}
    else:
        parts = parts_of(dialogues, folds, LEAST_PARTS[protocol])
        by_fold = dict(enumerate(_rotate(parts, protocol)))

    order = list(dialogues)
    rows = [row for fold, roles in by_fold.items() for row in _rows(fold, roles, order)]
    if protocol == "strict":
        check_one_role(rows)
    return rows


def all_tested(
    utterances: Iterable[Utterance], labels: Iterable[Label], n_folds: int
) -> list[SplitRow]:
    """Every dialogue with a label as a test of each fold: of a corpus that trains nothing."""
    dialogues = labelled_dialogues(utterances, labels)
    return [SplitRow(name, fold, "test") for fold in range(n_folds) for name in dialogues]


def labelled_dialogues(utterances: Iterable[Utterance], labels: Iterable[Label]) -> Dialogues:
    """Utterances that have a label, by dialogue."""
    labelled = {label.utterance_id for label in labels}
    dialogues: Dialogues = {}
    for utterance in utterances:
        if utterance.utterance_id in labelled:
            dialogues.setdefault(utterance.dialogue_id, []).append(utterance)
    return dialogues


def check_one_role(rows: Iterable[SplitRow]) -> None:
    """Refuse a dialogue with two roles in one fold."""
    seen: dict[tuple[int, str], Role] = {}
    for row in rows:
        other = seen.setdefault((row.fold, row.dialogue_id), row.role)
        if other != row.role:
            raise ProtocolError(
                f"fold {row.fold}: dialogue {row.dialogue_id!r} is {other} and {row.role}"
            )


def _rotate(parts: Parts, protocol: ProtocolName) -> Iterator[dict[Role, list[str]]]:
    n = len(parts)
    if n < LEAST_PARTS[protocol]:
        raise ProtocolError(
            f"{n} parts cannot train, validate and test; set folds.k to 3 or more, which takes as "
            "many labelled dialogues, or protocol.name=paper"
        )
    for k in range(n):
        validating = k if protocol == "paper" else (k + 1) % n
        training = [d for i in range(n) if i not in (k, validating) for d in parts[i]]
        yield {"train": training, "validation": parts[validating], "test": parts[k]}


def _official(dialogues: Dialogues, split_of: Mapping[str, str]) -> dict[Role, list[str]]:
    members: dict[Role, list[str]] = {role: [] for role in ROLES}
    for dialogue, utterances in dialogues.items():
        written = {split_of[u.utterance_id] for u in utterances if u.utterance_id in split_of}
        names = [name.strip().lower() for name in sorted(written)]
        roles = {ROLE_NAMES[name] for name in names if name in ROLE_NAMES}
        if len(roles) > 1 or not set(names) <= set(ROLE_NAMES):
            raise ProtocolError(
                f"dialogue {dialogue!r} has official splits {sorted(written)}; expected one of "
                f"{sorted(ROLE_NAMES)}"
            )
        for role in roles:
            members[role].append(dialogue)
    return members


def _rows(fold: int, members: Mapping[Role, list[str]], order: Sequence[str]) -> list[SplitRow]:
    for role in ROLES:
        if not members[role]:
            raise ProtocolError(
                f"fold {fold} has no {role} dialogue with a label; every role needs one: give it "
                "one (folds.by=official: in the annotation that folds.annotation names), or set "
                "folds.by=dialogues"
            )
    position = {dialogue: i for i, dialogue in enumerate(order)}
    return [
        SplitRow(dialogue, fold, role)
        for role in ROLES
        for dialogue in sorted(members[role], key=position.__getitem__)
    ]

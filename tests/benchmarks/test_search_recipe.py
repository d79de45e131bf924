"""The search for our recipe never opens a test role: what stands there changes no try of it."""

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.recipe_networks import CandidateSettings
from benchmarks.search_recipe import main, make_pool, summary, try_parts
from pipeline.base.records import Label, Utterance
from pipeline.config.tasks import ScoredTask
from pipeline.conversations.index import index_utterances
from pipeline.conversations.reading import FoldTables
from pipeline.features.cache.extractor import STATUSES
from pipeline.features.store import OK, FeatureStore, StoreHeader

N_DIALOGUES, N_TURNS = 15, 6
DIMS = {"audio": 5, "text": 7}
TASK = ScoredTask(classes=("down", "up"))
SMALL = CandidateSettings(
    members=2, width=8, context="both", epochs=3, dialogue_drop=0.2, centre="speaker"
)
ROLES = {"train": range(9), "validation": range(9, 12), "test": range(12, 15)}


@pytest.fixture
def tables():
    rng = np.random.default_rng(0)
    utterances = [
        Utterance(f"d{d:02}_{t}", f"d{d:02}", t, "A", f"Ses{d % 5}", "", 0.0, 1.0, "full", "")
        for d in range(N_DIALOGUES)
        for t in range(N_TURNS)
    ]
    labels = [
        Label(utterance.utterance_id, str(rng.choice(TASK.classes))) for utterance in utterances
    ]
    roles = {role: [f"d{d:02}" for d in numbers] for role, numbers in ROLES.items()}
    return FoldTables(utterances, labels, index_utterances(utterances, labels), roles)


@pytest.fixture
def stores():
    rng = np.random.default_rng(1)
    return {
        name: store_of(name, rng.normal(size=(N_DIALOGUES * N_TURNS, d)))
        for name, d in DIMS.items()
    }


def store_of(name, values):
    n = len(values)
    header = StoreHeader("t", name, "e", "w", "mean", "float32", statuses=STATUSES)
    status = np.full(n, OK, dtype=np.uint8)
    return FeatureStore(header, values.astype(np.float32), np.ones(n, bool), status)


def tried(tables, stores, roles=("train", "validation")):
    pool = make_pool(tables, stores, TASK, roles)
    told, _, _ = try_parts(pool, stores, SMALL, range(4))
    return summary([said.score() for said in told.values()])


def poisoned(tables, stores, role):
    """Other labels, and features of another world, in one role."""
    hit = {f"d{d:02}" for d in ROLES[role]}
    rows = [row for row, utterance in enumerate(tables.utterances) if utterance.dialogue_id in hit]
    labels = list(tables.labels)
    for row in rows:
        other = TASK.classes[labels[row].label == TASK.classes[0]]
        labels[row] = replace(labels[row], label=other)
    changed = {}
    for name, store in stores.items():
        features = store.features.copy()
        features[rows] = 1e6
        changed[name] = replace(store, features=features)
    return replace(tables, labels=labels), changed


def test_poisoned_test_roles_change_nothing(tables, stores):
    assert tried(*poisoned(tables, stores, "test")) == tried(tables, stores)


@pytest.mark.parametrize("role", ["train", "validation"])
def test_what_it_opens_does_change_it(tables, stores, role):
    """Else the test above could not fail."""
    assert tried(*poisoned(tables, stores, role)) != tried(tables, stores)


def test_refuses_the_role_test(tables, stores, tmp_path):
    with pytest.raises(ValueError, match="never opens the role test"):
        make_pool(tables, stores, TASK, ["train", "test"])
    with pytest.raises(SystemExit):
        main(["--root", str(tmp_path), "--task", "t", "--corpus", "c", "--roles", "test"])

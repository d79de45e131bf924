"""Is an utterance told by its own voice and face where it has no text, or by its dialogue's mean?

Eq. 7 of the paper asks with the text's row and keys have no position, so ITEACNet as published is
blind there (docs/equations.md). Every method is shown dialogues without their text, then the same
with audio and visual of two utterances exchanged: the logits of these must move more than others'.
A Transformer of the paper's shows the whole of it: one answer for all utterances of a dialogue.
"""

import pytest
import torch

from models.batch import ConversationBatch
from models.learner import TaskShape
from models.registry import our_methods
from models.vocabulary import MODALITIES
from pipeline.config.methods import kind_of
from pipeline.training.learners import build_learner
from tests.small_methods import SMALL

DIMS = {"audio": 12, "text": 9, "visual": 8}
N_DIALOGUES, N_STEPS = 3, 14
PAIRS = [(t, t + 7) for t in range(7)]
MORE = 1.05  # of 0.998 for ITEACNet's own student, 1.11 for a fresh GCNet, 5 and more for others
NETWORK = {"encoder": "transformer", "n_layers": 2, "dropout": 0.0}
TRANSFORMER = {"student": NETWORK, "context": {"is_global": False}}
SEEING = [
    *((name, SMALL.get(name, {})) for name in our_methods() if name not in ("iteacnet", "prior")),
    ("iteacnet", {**SMALL["iteacnet"], "fusion": "aligned"}),
    ("iteacnet", {**SMALL["iteacnet"], **TRANSFORMER, "fusion": "aligned"}),
]
BLIND = [SMALL["iteacnet"], {**SMALL["iteacnet"], **TRANSFORMER}]


def build(model, settings, batch, n_outputs=4):
    torch.manual_seed(0)
    shape = TaskShape(DIMS, n_outputs, "classification", N_STEPS, n_speakers=2)
    learner = build_learner(kind_of(model)(model=model, settings=settings), shape).double()
    if learner.batching == "full":  # its codes are its parameters
        learner.prepare(batch)
        (phase,) = learner.phases()
        if not phase.groups:  # it fits itself
            learner.loss(batch.complete(), phase.name)
        learner.requires_grad_(False)
    return learner.eval()


@pytest.fixture
def dialogues():
    rng = torch.Generator().manual_seed(1)
    size = (N_DIALOGUES, N_STEPS)
    available = torch.ones(*size, 3, dtype=torch.bool)
    available[..., MODALITIES.index("text")] = False
    cells = torch.arange(N_DIALOGUES * N_STEPS).view(size)

    return ConversationBatch(
        features={
            name: torch.randn(*size, dim, generator=rng, dtype=torch.float64)
            for name, dim in DIMS.items()
        },
        extracted=torch.ones_like(available),
        available=available,
        valid=torch.ones(size, dtype=torch.bool),
        speakers=torch.zeros(size, dtype=torch.int64),
        labels=cells % 4,
        rows=cells,
    )


def exchanged(batch, pair):
    """Two utterances of the first dialogue have each other's voice and face."""
    features = {name: value.clone() for name, value in batch.features.items()}
    for name in ("audio", "visual"):
        features[name][0, list(pair)] = batch.features[name][0, list(pair[::-1])]
    return ConversationBatch(**{**vars(batch), "features": features})


def moves(model, settings, batch):
    """How far an exchange moves the logits of the two, how far those of others; all logits."""
    learner, own, others = build(model, settings, batch), [], []
    with torch.no_grad():
        logits = learner.predict(batch.for_prediction())[0]
        for pair in PAIRS:
            after = learner.predict(exchanged(batch, pair).for_prediction())[0]
            moved = (after - logits).abs().mean(dim=1).tolist()
            own += [moved.pop(place) for place in sorted(pair, reverse=True)]
            others += moved
    return sum(own) / len(own), sum(others) / len(others), logits


def gaps(logits):
    """Smallest distance of two utterances' logits, in median distances; 0 where all are one."""
    pairs = torch.pdist(logits)
    return float(pairs.min() / pairs.median()) if pairs.median() > 1e-12 else 0.0


@pytest.mark.parametrize(("model", "settings"), SEEING, ids=lambda value: str(value)[:60])
def test_an_utterance_without_text_is_told_by_its_own_voice_and_face(model, settings, dialogues):
    own, others, logits = moves(model, settings, dialogues)
    assert own > MORE * others
    assert gaps(logits) > 0.01


@pytest.mark.parametrize("settings", BLIND, ids=["nas", "transformer"])
def test_iteacnet_as_published_is_blind_there(settings, dialogues):
    own, others, _ = moves("iteacnet", settings, dialogues)
    assert own < MORE * others


def test_a_transformer_as_published_has_one_answer_for_the_whole_dialogue(dialogues):
    """With text it has as many as there are utterances."""
    (_, transformer) = BLIND
    assert gaps(moves("iteacnet", transformer, dialogues)[2]) == 0
    assert gaps(moves("iteacnet", transformer, dialogues.complete())[2]) > 0.01

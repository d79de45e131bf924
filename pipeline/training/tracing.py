"""What a trained ITEACNet does inside: attention and ECCE of a dialogue, routers over a test set.

The arrays of `build/{task}/traces/{method}.safetensors`, modality by modality, of the network
whose predictions count. L layers, T utterances of the dialogue, H heads, O candidates, P patterns:
    attention.{m}  (L, T, T)  weights of self-attention, mean over heads (paper Eq. 10-11)
    plain.{m}      (L, T, T)  the same with the ECCE bias taken out of the softmax
    context.{m}    (L or 1, T, T)  ECCE, mean over heads where each has its own (Eq. 1)
    router.{m}     (L, P, O)  mean weights over the utterances of each pattern (Eq. 8)
    patterns (P, 3) bool, which modalities are usable; counts (P,), utterances with it
"""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.iteacnet.learner import IteacLearner
from models.iteacnet.network import IteacNetwork
from models.learner import Learner
from pipeline.base.arrays import Arrays
from pipeline.conversations.collate import Items, collate, items_of, place_masks
from pipeline.conversations.dataset import Conversations
from pipeline.conversations.index import IntArray

N_DIALOGUES = 16  # looked at together
PLACES = (4, 2, 1)  # a pattern of usable modalities as a number


def reported_network(learner: Learner) -> IteacNetwork:
    """The network whose predictions count, ready for evaluation."""
    if not isinstance(learner, IteacLearner):
        raise TypeError(f"{type(learner).__name__} is not a form of ITEACNet: nothing to trace")
    learner.eval()
    return learner.reported


def trace_dialogue(network: IteacNetwork, conversations: Conversations, dialogue: int) -> Arrays:
    """Attention and ECCE of one dialogue, nothing withheld."""
    items = items_of(conversations.index, np.array([dialogue]), "dialogues")
    with torch.no_grad():
        layers = network(collate(conversations, items), trace="all").trace

    arrays: Arrays = {}
    for modality in layers[0].attention:
        attention = torch.stack([layer.attention[modality][0] for layer in layers]).double()
        arrays[f"attention.{modality}"] = _heads(attention)
        if modality in layers[0].context:
            context = torch.stack([layer.context[modality][0] for layer in layers]).double()
            plain = torch.softmax(attention.log() - context, dim=-1)
            arrays[f"plain.{modality}"] = _heads(plain)
            is_shared = not network.settings.context.per_layer
            arrays[f"context.{modality}"] = _heads(context[:1] if is_shared else context)
    return arrays


def average_routers(
    network: IteacNetwork,
    conversations: Conversations,
    dialogues: IntArray,
    masks: NDArray[np.bool_],
) -> Arrays:
    """Mean weights of the routers by pattern; masks (R, N, 3) over the line of utterances."""
    items = items_of(conversations.index, dialogues, "dialogues")
    sums: dict[str, Tensor] = {}
    counts = torch.zeros(8, dtype=torch.int64)

    for mask in masks:
        line = torch.from_numpy(mask).to(conversations.device)
        for start in range(0, len(items), N_DIALOGUES):
            numbers = torch.arange(start, min(start + N_DIALOGUES, len(items)))
            counts += _add_routers(network, conversations, items.take(numbers), line, sums)

    if not sums:
        return {}
    seen = counts.nonzero().squeeze(1)
    means = {m: total[:, seen] / counts[seen, None] for m, total in sums.items()}
    patterns = np.array([[bool(int(code) & place) for place in PLACES] for code in seen])
    return {
        **{f"router.{m}": mean.numpy().astype(np.float32) for m, mean in means.items()},
        "patterns": patterns,
        "counts": counts[seen].numpy(),
    }


def _add_routers(
    network: IteacNetwork,
    conversations: Conversations,
    items: Items,
    line: Tensor,
    sums: dict[str, Tensor],
) -> Tensor:
    """Add the weights of a batch to `sums`, (L, 8, O) by modality; (8,) utterances by pattern."""
    batch = collate(conversations, items)
    batch = batch.with_available(place_masks(conversations, items, line)).for_prediction()
    with torch.no_grad():
        layers = network(batch, trace="routers").trace

    places = torch.tensor(PLACES, device=batch.valid.device)
    codes = (batch.usable[batch.valid] * places).sum(dim=-1).cpu()

    for modality in layers[0].router:
        weights = torch.stack([layer.router[modality][batch.valid] for layer in layers])
        if modality not in sums:
            sums[modality] = torch.zeros(len(layers), 8, weights.shape[-1], dtype=torch.float64)
        sums[modality].index_add_(1, codes, weights.double().cpu())
    return torch.bincount(codes, minlength=8)


def _heads(maps: Tensor) -> NDArray[np.float32]:
    """(L, H, T, T) -> (L, T, T), mean over heads."""
    return np.asarray(maps.mean(dim=1).cpu().numpy(), dtype=np.float32)

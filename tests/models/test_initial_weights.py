"""Every network starts as its reference does: spread and bias of each parameter, none left out.

Truth: torch's own layers of the same sizes (`nn.MultiheadAttention` draws query, key and value as
one matrix), the normal and Kaiming starts of GCNet's comparison for AE, CRA and MMIN, and Glorot's
bound for what PyTorch Geometric and CPM-Net draw. A parameter that no rule here claims fails.
"""

import math
from functools import partial

import pytest
import torch
from torch import nn

from models.ae import learner as ae
from models.ae.settings import AutoencoderSettings
from models.committee import learner as committee
from models.committee.members import Members
from models.committee.neighbours import Neighbours
from models.committee.recurrence import StackedGru
from models.committee.settings import CommitteeSettings
from models.comp import learner as comp
from models.comp.settings import CompSettings
from models.cpmnet import learner as cpmnet
from models.cpmnet.latent_codes import LinearDecoders
from models.cpmnet.settings import CpmnetSettings
from models.cra import learner as cra
from models.cra.settings import CraSettings
from models.gcnet import learner as gcnet
from models.gcnet.dialogue_graph import RelationalConv
from models.gcnet.settings import GcnetSettings
from models.gru import learner as gru
from models.gru.settings import GruSettings
from models.iteacnet import learner as iteacnet
from models.iteacnet.context_encoder import SharedWindow
from models.iteacnet.settings import ContextSettings, IteacnetSettings, NetworkSettings
from models.layers import MultiHeadAttention
from models.learner import TaskShape
from models.mmin import learner as mmin
from models.mmin.settings import MminSettings
from models.momke import learner as momke
from models.momke.settings import MomkeSettings

SHAPE = TaskShape({"audio": 96, "text": 128, "visual": 80}, 4, "classification", 48, 2)
IDLE = {"hidden_dim": 64, "idle_parts": True}
LEARNERS = {
    "iteacnet": lambda: iteacnet.build(IteacnetSettings(), SHAPE),
    "burger6": lambda: iteacnet.build(
        IteacnetSettings(
            student=NetworkSettings(encoder="nas", n_layers=2, dropout=0.0, mixers="burger6"),
            context=ContextSettings(local="shared_softmax", per_head=True),
            fusion="aligned",
        ),
        SHAPE,
    ),
    "gcnet": lambda: gcnet.build(GcnetSettings(**IDLE), SHAPE),
    "ae": lambda: ae.build(AutoencoderSettings(), SHAPE),
    "cra": lambda: cra.build(CraSettings(), SHAPE),
    "mmin": lambda: mmin.build(MminSettings(), SHAPE),
    "momke": lambda: momke.build(MomkeSettings(), SHAPE),
    "comp": lambda: comp.build(CompSettings(), SHAPE),
    "gru": lambda: gru.build(GruSettings(), SHAPE),
    "committee": lambda: committee.build(CommitteeSettings(), SHAPE),
    "cpmnet": lambda: cpmnet.build(CpmnetSettings(), SHAPE),
}
HEADS = ("own", "context")
NORMAL = ("ae", "cra", "mmin")


def uniform(bound):
    return bound / math.sqrt(3)


def of_torch(make):
    """Standard deviation of what torch's own layer draws in ten starts, by parameter."""
    starts = [make().state_dict() for _ in range(10)]
    return {
        n: float(torch.stack([weights[n] for weights in starts]).std(correction=0))
        for n in starts[0]
    }


def of_attention(layer):
    own = nn.MultiheadAttention(layer.query.in_features, layer.n_heads)
    joint, output = (float(p.detach().std()) for p in (own.in_proj_weight, own.out_proj.weight))
    spreads = {f"{part}.weight": joint for part in ("query", "key", "value")}
    no_bias = {f"{part}.bias": 0.0 for part in ("query", "key", "value", "output")}
    return {**spreads, **no_bias, "output.weight": output}


def of_linear(model, name, layer):
    if model == "mmin" and name.startswith("pretrained."):
        return {"weight": math.sqrt(2 / layer.in_features), "bias": 0.0}
    if model in NORMAL:
        return {"weight": 0.02, "bias": 0.0}
    sizes = (layer.in_features, layer.out_features, layer.bias is not None)
    return of_torch(lambda: nn.Linear(*sizes))


def conv_sizes(layer):
    return layer.in_channels, layer.out_channels, layer.kernel_size[0]


def glorot(n_in, n_out):
    return uniform(math.sqrt(6 / (n_in + n_out)))


def expected_spreads(model, learner):
    """By full name of the parameter. Attention comes first: its Linears are not on their own."""
    found = {}
    for name, layer in learner.named_modules():
        if isinstance(layer, MultiHeadAttention):
            own = of_attention(layer)
        elif isinstance(layer, nn.Linear):
            own = of_linear(model, name, layer)
        elif isinstance(layer, nn.Conv1d):
            own = of_torch(partial(nn.Conv1d, *conv_sizes(layer), groups=layer.groups))
        elif isinstance(layer, nn.LSTM | nn.GRU):
            sizes = (layer.input_size, layer.hidden_size, layer.num_layers)
            own = of_torch(partial(type(layer), *sizes, bidirectional=layer.bidirectional))
        elif isinstance(layer, nn.LayerNorm):
            own = of_torch(partial(nn.LayerNorm, layer.normalized_shape))
        elif isinstance(layer, RelationalConv):
            _, n_in, n_out = layer.weight.shape
            spread = glorot(n_in, n_out)
            own = {"weight": spread, "root": spread, "bias": 0.0}
        elif isinstance(layer, LinearDecoders):
            weights = {f"weights.{m}": glorot(*w.shape) for m, w in layer.weights.items()}
            own = weights | {f"biases.{m}": 0.0 for m in layer.biases}
        elif isinstance(layer, StackedGru):
            spread = uniform(1 / math.sqrt(layer.from_state.shape[1]))  # torch's GRU of that width
            own = dict.fromkeys(("from_input", "input_bias", "from_state", "state_bias"), spread)
        elif isinstance(layer, Neighbours):
            n_modalities, n_reaches, _, _, width, _ = layer.mix.shape
            own = {"mix": 1 / math.sqrt(n_modalities * n_reaches * width), "bias": 0.0}
        elif isinstance(layer, Members):
            own = {name: 1 / math.sqrt(getattr(layer, name).shape[2]) for name in HEADS}
            own |= dict.fromkeys(("missing", "shift", "bias", "scale"), 0.0)
        elif isinstance(layer, SharedWindow):
            own = {"logits": 0.0}
        else:
            continue

        for parameter, spread in own.items():
            found.setdefault(f"{name}.{parameter}", spread)
    return found


@pytest.mark.parametrize("model", LEARNERS)
def test_every_parameter_starts_as_in_the_reference(model):
    torch.manual_seed(0)
    learner = LEARNERS[model]()
    expected = expected_spreads(model, learner)
    ours = {name: p.detach() for name, p in learner.named_parameters() if p.numel()}
    reaches = {name: ours.pop(name) for name in list(ours) if name.endswith(".reach")}
    assert all(sorted(set(values.flatten().tolist())) == [-3, -1] for values in reaches.values())
    assert set(ours) == set(expected)
    for name, values in ours.items():
        # How far draws of so many values lie apart by chance.
        tolerance = 5 * expected[name] / math.sqrt(values.numel()) + 1e-9
        is_norm = name.endswith(("norm.weight", ".scale")) or (
            ".norms." in name and name.endswith("weight")
        )
        assert float(values.mean()) == pytest.approx(float(is_norm), abs=tolerance), name
        spread = float((values - float(is_norm)).square().mean().sqrt())
        assert spread == pytest.approx(expected[name], abs=tolerance + 0.01 * expected[name]), name


def test_attention_of_the_papers_size_has_the_spread_that_its_sizes_give():
    torch.manual_seed(0)
    layer = MultiHeadAttention(128, 8, dropout=0.0)
    joint = torch.cat([layer.query.weight, layer.key.weight, layer.value.weight]).detach()
    assert float(joint.std()) == pytest.approx(0.0625, rel=0.01)  # sqrt(2 / (384 + 128))
    assert float(joint.abs().max()) <= math.sqrt(6 / (384 + 128))
    assert not any(p.any() for name, p in layer.named_parameters() if name.endswith("bias"))


def test_codes_of_cpmnet_start_within_their_xavier_bound(kit_batch):
    torch.manual_seed(0)
    learner = LEARNERS["cpmnet"]()
    learner.prepare(kit_batch)
    n_codes, dim = learner.codes.shape
    bound = math.sqrt(6 / (n_codes + dim))
    assert float(learner.codes.detach().abs().max()) <= bound
    assert float(learner.codes.detach().std()) == pytest.approx(uniform(bound), rel=0.05)


@pytest.fixture
def kit_batch():
    from models.batch import ConversationBatch

    size = (4, 30)
    valid = torch.ones(size, dtype=torch.bool)
    three = valid[..., None].expand(-1, -1, 3)
    return ConversationBatch(
        features={name: torch.randn(*size, dim) for name, dim in SHAPE.feature_dims.items()},
        extracted=three,
        available=three,
        valid=valid,
        speakers=torch.zeros(size, dtype=torch.int64),
        labels=torch.arange(120).view(size) % 4,
        rows=torch.arange(120).view(size),
    )

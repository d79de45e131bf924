"""MA-Net against reading.md C.3: key names, and a transcription with functional operations only."""

import pytest
import torch
from torch.nn import functional as F

from models.encoders.manet import CLASSES, MaNet


@pytest.fixture(scope="module")
def images():
    return torch.rand(2, 3, 224, 224, generator=torch.Generator().manual_seed(1))


@pytest.fixture(scope="module")
def state(images):
    """Random weights whose running statistics fit the images, so that no layer fades out."""
    generator = torch.Generator().manual_seed(2)
    network = MaNet().train()
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            noise = torch.randn(parameter.shape, generator=generator)
            fan_in = parameter[0].numel()
            scale = (2 / fan_in) ** 0.5 if parameter.dim() > 1 else 0.3
            parameter.copy_(scale * noise + float(parameter.dim() == 1 and "weight" in name))
        for module in network.modules():
            if isinstance(module, torch.nn.BatchNorm2d):
                module.momentum = 1.0
        network(images)
    return network.state_dict()


def load(state, scale_order):
    network = MaNet(scale_order).eval()
    network.load_state_dict(state, strict=True)
    return network


class Recorded(dict):
    """A state dict that knows which of its keys were read."""

    def __init__(self, values):
        super().__init__(values)
        self.read = set()

    def __getitem__(self, key):
        self.read.add(key)
        return super().__getitem__(key)


class Transcription:
    """reading.md C.3, line by line, from a state dict in float64."""

    def __init__(self, state, second_chain):
        self.state = Recorded({key: value.double() for key, value in state.items()})
        self.second_chain = second_chain

    def conv(self, name, x, stride=1, padding=1):
        return F.conv2d(x, self.state[f"{name}.weight"], stride=stride, padding=padding)

    def norm(self, name, x):
        shape = (1, -1, 1, 1)
        mean, var = self.state[f"{name}.running_mean"], self.state[f"{name}.running_var"]
        x = (x - mean.view(shape)) / torch.sqrt(var.view(shape) + 1e-5)
        weight, bias = self.state[f"{name}.weight"], self.state[f"{name}.bias"]
        return x * weight.view(shape) + bias.view(shape)

    def round_about(self, name, x, stride):
        if f"{name}.downsample.0.weight" not in self.state:
            return x
        x = self.conv(f"{name}.downsample.0", x, stride, 0)
        return self.norm(f"{name}.downsample.1", x)

    def basic(self, name, x, stride):
        y = self.norm(f"{name}.bn1", self.conv(f"{name}.conv1", x, stride)).clamp(min=0)
        y = self.norm(f"{name}.bn2", self.conv(f"{name}.conv2", y))
        if "layer3_1" in name or "layer4_1" in name:
            y = self.spatial_gate(name, self.channel_gate(name, y))
        return (y + self.round_about(name, x, stride)).clamp(min=0)

    def channel_gate(self, name, x):
        def mlp(v):
            first = f"{name}.cbam.ChannelGate.mlp.1"
            last = f"{name}.cbam.ChannelGate.mlp.3"
            v = v @ self.state[f"{first}.weight"].T + self.state[f"{first}.bias"]
            v = v.clamp(min=0)
            return v @ self.state[f"{last}.weight"].T + self.state[f"{last}.bias"]

        flat = x.flatten(2)
        gate = torch.sigmoid(mlp(flat.mean(dim=2)) + mlp(flat.max(dim=2).values))
        return x * gate[:, :, None, None]

    def spatial_gate(self, name, x):
        gate = f"{name}.cbam.SpatialGate.spatial"
        both = torch.cat([x.max(dim=1, keepdim=True).values, x.mean(dim=1, keepdim=True)], dim=1)
        return x * torch.sigmoid(self.norm(f"{gate}.bn", self.conv(f"{gate}.conv", both, 1, 3)))

    def multi_scale(self, name, x, stride):
        out = self.norm(f"{name}.bn1", self.conv(f"{name}.conv1", x, stride)).clamp(min=0)
        width = out.shape[1] // 4
        s = {k: out[:, (k - 1) * width : k * width] for k in (1, 2, 3, 4)}
        chains = []
        for chain, order in ((1, (1, 2, 3, 4)), (2, self.second_chain)):
            y, before = {}, None
            for k in order:
                seen = s[k] if before is None else before.clamp(min=0) + s[k]
                y[k] = self.norm(
                    f"{name}.bn{chain}_2_{k}", self.conv(f"{name}.conv{chain}_2_{k}", seen)
                )
                before = y[k]
            chains.append(torch.cat([y[k] for k in (1, 2, 3, 4)], dim=1))
        return (chains[0] + chains[1] + self.round_about(name, x, stride)).clamp(min=0)

    def stage(self, block, name, x, stride):
        return block(f"{name}.1", block(f"{name}.0", x, stride), 1)

    def branches(self, images):
        x = self.norm("bn1", self.conv("conv1", images.double(), 2, 3)).clamp(min=0)
        x = F.max_pool2d(x, kernel_size=3, stride=2, padding=1)
        x = self.stage(self.basic, "layer1", x, 1)
        x = self.stage(self.basic, "layer2", x, 2)

        assert x.shape[1:] == (128, 28, 28)
        local = torch.zeros(len(x), 512, 14, 14, dtype=torch.float64)
        corners = {1: (0, 0), 2: (0, 1), 3: (1, 0), 4: (1, 1)}
        for k, (row, column) in corners.items():
            part = x[:, :, 14 * row : 14 * row + 14, 14 * column : 14 * column + 14]
            part = self.stage(self.basic, f"layer3_1_p{k}", part, 2)
            part = self.stage(self.basic, f"layer4_1_p{k}", part, 1)
            local[:, :, 7 * row : 7 * row + 7, 7 * column : 7 * column + 7] = part
        whole = self.stage(self.multi_scale, "layer3_2", x, 2)
        whole = self.stage(self.multi_scale, "layer4_2", whole, 2)
        return local.flatten(2).mean(dim=2), whole.flatten(2).mean(dim=2)

    def logits(self, local, whole):
        local_logits = local @ self.state["fc_1.weight"].T + self.state["fc_1.bias"]
        whole_logits = whole @ self.state["fc_2.weight"].T + self.state["fc_2.bias"]
        return 0.6 * local_logits + 0.4 * whole_logits


@pytest.mark.parametrize(
    ("scale_order", "second_chain"), [("published", (1, 2, 3, 4)), ("head", (4, 3, 2, 1))]
)
def test_embedding_and_logits_equal_a_plain_transcription(state, images, scale_order, second_chain):
    plain = Transcription(state, second_chain)
    network = load(state, scale_order)
    with torch.inference_mode():
        local, whole = plain.branches(images)
        embedding = network.embed(images)
        logits = network(images)
    assert min(local.std(), whole.std()) > 0.05
    expected = torch.cat([local, whole], dim=1)
    torch.testing.assert_close(embedding.double(), expected, atol=1e-5, rtol=1e-5)
    expected = plain.logits(local, whole)
    torch.testing.assert_close(logits.double(), expected, atol=1e-5, rtol=1e-5)
    counters = {key for key in state if key.endswith("num_batches_tracked")}
    assert plain.state.read == state.keys() - counters


def test_the_orders_share_keys_and_differ_in_the_second_branch_only(state, images):
    with torch.inference_mode():
        published, head = (load(state, order).embed(images) for order in ("published", "head"))
    torch.testing.assert_close(published[:, :512], head[:, :512])
    assert (published[:, 512:] - head[:, 512:]).abs().max() > 0.01


def test_keys_of_the_published_layout(state):
    for key in (
        "conv1.weight",
        "bn1.running_var",
        "layer1.1.bn2.bias",
        "layer2.0.downsample.0.weight",
        "layer2.0.downsample.1.num_batches_tracked",
        "layer3_1_p1.0.cbam.ChannelGate.mlp.1.weight",
        "layer4_1_p4.1.cbam.ChannelGate.mlp.3.bias",
        "layer3_1_p2.1.cbam.SpatialGate.spatial.conv.weight",
        "layer3_1_p3.0.cbam.SpatialGate.spatial.bn.running_mean",
        "layer3_2.0.conv1_2_1.weight",
        "layer3_2.1.bn1_2_4.weight",
        "layer4_2.0.conv2_2_1.weight",
        "layer4_2.1.bn2_2_4.running_var",
        "fc_1.weight",
        "fc_2.bias",
    ):
        assert key in state
    assert not any(
        key.endswith(("fc.weight", "cbam.SpatialGate.spatial.conv.bias")) for key in state
    )

    assert "layer1.0.downsample.0.weight" not in state
    assert "layer4_1_p1.1.downsample.0.weight" not in state


def test_shapes_of_the_published_layout(state):
    assert state["conv1.weight"].shape == (64, 3, 7, 7)
    assert state["layer3_1_p1.0.cbam.ChannelGate.mlp.1.weight"].shape == (16, 256)
    assert state["layer4_1_p1.0.cbam.SpatialGate.spatial.conv.weight"].shape == (1, 2, 7, 7)
    assert state["layer3_2.0.conv1_2_1.weight"].shape == (64, 64, 3, 3)
    assert state["layer4_2.0.conv2_2_4.weight"].shape == (128, 128, 3, 3)
    assert state["fc_1.weight"].shape == state["fc_2.weight"].shape == (len(CLASSES), 512)


def test_faces_of_another_size_are_refused():
    with pytest.raises(ValueError, match=r"\(1, 3, 112, 112\)"):
        MaNet().embed(torch.zeros(1, 3, 112, 112))

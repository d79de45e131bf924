"""Blocks of MA-Net: ResNet-18's, the same with CBAM attention, and the multi-scale one (reading.md
C.3).

Shapes: x (B, C_in, H, W) -> (B, C, H / stride, W / stride). Names of modules give the keys of the
published checkpoint. CBAM: Woo et al. 2018.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.vocabulary import ScaleOrder

N_SCALES = 4
REDUCTION = 16  # of the channel gate's hidden layer


def conv3x3(n_in: int, n_out: int, stride: int = 1) -> nn.Conv2d:
    """A 3x3 convolution that keeps the size (at stride 1), without bias."""
    return nn.Conv2d(n_in, n_out, 3, stride, padding=1, bias=False)


class BasicBlock(nn.Module):
    """Two convolutions beside a shortcut; the shortcut is projected where the shape changes."""

    def __init__(self, n_in: int, n_out: int, stride: int = 1) -> None:
        super().__init__()
        self.conv1 = conv3x3(n_in, n_out, stride)
        self.bn1 = nn.BatchNorm2d(n_out)
        self.conv2 = conv3x3(n_out, n_out)
        self.bn2 = nn.BatchNorm2d(n_out)
        self.downsample = shortcut(n_in, n_out, stride)

    def forward(self, x: Tensor) -> Tensor:
        """x: (B, C_in, H, W) -> (B, C, H', W')."""
        y = F.relu(self.bn1(self.conv1(x)))
        return F.relu(self.attend(self.bn2(self.conv2(y))) + self.downsample(x))

    def attend(self, y: Tensor) -> Tensor:
        """y: (B, C, H', W'), before the shortcut is added; unchanged here."""
        return y


class AttentionBlock(BasicBlock):
    """`BasicBlock` with CBAM after its second norm, before the shortcut is added."""

    def __init__(self, n_in: int, n_out: int, stride: int = 1) -> None:
        super().__init__(n_in, n_out, stride)
        self.cbam = CBAM(n_out)

    def attend(self, y: Tensor) -> Tensor:
        """y: (B, C, H', W') -> the same shape, weighted by channel, then by place."""
        return self.cbam(y)


class MulScaleBlock(nn.Module):
    """One convolution, then two chains over four channel groups, each step seeing more.

    `order` says how the second chain runs: "published" 1 to 4 like the first, as in the
    published checkpoint; "head" 4 to 1, as upstream since April 2023. The keys are the same.
    """

    def __init__(self, n_in: int, n_out: int, stride: int, order: ScaleOrder) -> None:
        super().__init__()
        width = n_out // N_SCALES
        self.second = range(N_SCALES) if order == "published" else range(N_SCALES)[::-1]
        self.conv1 = conv3x3(n_in, n_out, stride)
        self.bn1 = nn.BatchNorm2d(n_out)
        for chain in (1, 2):
            for scale in range(1, N_SCALES + 1):
                self.add_module(f"conv{chain}_2_{scale}", conv3x3(width, width))
                self.add_module(f"bn{chain}_2_{scale}", nn.BatchNorm2d(width))
        self.downsample = shortcut(n_in, n_out, stride)

    def forward(self, x: Tensor) -> Tensor:
        """x: (B, C_in, H, W) -> (B, C, H', W')."""
        groups = F.relu(self.bn1(self.conv1(x))).chunk(N_SCALES, dim=1)
        y = self._chain(1, range(N_SCALES), groups) + self._chain(2, self.second, groups)
        return F.relu(y + self.downsample(x))

    def _chain(self, chain: int, order: range, groups: tuple[Tensor, ...]) -> Tensor:
        """Visit the groups in `order`; results are joined by channel group, before their ReLU."""
        outputs: dict[int, Tensor] = {}
        carried = torch.zeros_like(groups[0])
        for scale in order:
            conv = self.get_submodule(f"conv{chain}_2_{scale + 1}")
            norm = self.get_submodule(f"bn{chain}_2_{scale + 1}")
            outputs[scale] = norm(conv(carried + groups[scale]))
            carried = F.relu(outputs[scale])
        return torch.cat([outputs[scale] for scale in range(N_SCALES)], dim=1)


class CBAM(nn.Module):
    """Weights channels, then places."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.ChannelGate = ChannelGate(channels)
        self.SpatialGate = SpatialGate()

    def forward(self, x: Tensor) -> Tensor:
        """x: (B, C, H, W) -> the same shape."""
        return self.SpatialGate(self.ChannelGate(x))


class ChannelGate(nn.Module):
    """One weight per channel from its mean and its maximum, through one shared MLP."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        hidden = channels // REDUCTION
        self.mlp = nn.Sequential(
            nn.Flatten(), nn.Linear(channels, hidden), nn.ReLU(), nn.Linear(hidden, channels)
        )

    def forward(self, x: Tensor) -> Tensor:
        """x: (B, C, H, W) -> the same shape."""
        score = self.mlp(x.mean(dim=(2, 3))) + self.mlp(x.amax(dim=(2, 3)))
        return x * torch.sigmoid(score)[:, :, None, None]


class SpatialGate(nn.Module):
    """One weight per place from the maximum and the mean over channels."""

    def __init__(self) -> None:
        super().__init__()
        self.spatial = nn.Sequential()
        self.spatial.add_module("conv", nn.Conv2d(2, 1, 7, padding=3, bias=False))
        self.spatial.add_module("bn", nn.BatchNorm2d(1, momentum=0.01))

    def forward(self, x: Tensor) -> Tensor:
        """x: (B, C, H, W) -> the same shape."""
        both = torch.stack((x.amax(dim=1), x.mean(dim=1)), dim=1)
        return x * torch.sigmoid(self.spatial(both))


def shortcut(n_in: int, n_out: int, stride: int) -> nn.Module:
    """The way round a block: nothing, or a 1x1 convolution and norm where the shape changes."""
    if stride == 1 and n_in == n_out:
        return nn.Identity()
    return nn.Sequential(nn.Conv2d(n_in, n_out, 1, stride, bias=False), nn.BatchNorm2d(n_out))

"""Mini-Xception of Arriaga et al. 2017: a small gray face to 128 features and seven emotions.

Shapes: B faces (B, 1, 64, 64), gray in [-1, 1]. Two plain convolutions, then four residual blocks
of separable convolutions that halve the size: 60 -> 30 -> 15 -> 8 -> 4, 8 -> 16 -> 32 -> 64 -> 128
channels. The features are the global mean of the last block's sum (`add_4` in the published Keras
file), the last 128 channels before the classifying convolution and the first mean that can be
taken of them.

The published file was trained with TensorFlow, whose "same" padding puts the odd pixel last.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

STEM_CHANNELS = 8
BLOCK_CHANNELS = (16, 32, 64, 128)
EMBEDDING_DIM = BLOCK_CHANNELS[-1]
IMAGE_SIZE_PX = 64
CLASSES = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")


class MiniXception(nn.Module):
    """The published network: 56,951 parameters and 1,472 running statistics."""

    def __init__(self) -> None:
        super().__init__()
        widths = (STEM_CHANNELS, *BLOCK_CHANNELS)
        self.conv1 = nn.Conv2d(1, STEM_CHANNELS, 3, bias=False)
        self.norm1 = _norm(STEM_CHANNELS)
        self.conv2 = nn.Conv2d(STEM_CHANNELS, STEM_CHANNELS, 3, bias=False)
        self.norm2 = _norm(STEM_CHANNELS)
        self.blocks = nn.Sequential(
            *(XceptionBlock(*pair) for pair in zip(widths, BLOCK_CHANNELS, strict=False))
        )
        self.classify = nn.Conv2d(EMBEDDING_DIM, len(CLASSES), 3, padding=1)

    def embed(self, gray: Tensor) -> Tensor:
        """gray: (B, 1, 64, 64) -> (B, 128)."""
        return self.extract(gray).mean(dim=(2, 3))

    def forward(self, gray: Tensor) -> Tensor:
        """gray: (B, 1, 64, 64) -> logits (B, 7) in the order of `CLASSES`."""
        return self.classify(self.extract(gray)).mean(dim=(2, 3))

    def extract(self, gray: Tensor) -> Tensor:
        """gray: (B, 1, 64, 64) -> (B, 128, 4, 4)."""
        expected = (1, IMAGE_SIZE_PX, IMAGE_SIZE_PX)
        if gray.shape[1:] != expected:
            raise ValueError(f"images have shape {tuple(gray.shape)}; expected (B, *{expected})")
        x = F.relu(self.norm1(self.conv1(gray)))
        x = F.relu(self.norm2(self.conv2(x)))
        return self.blocks(x)


class XceptionBlock(nn.Module):
    """Two separable convolutions and a pooling, beside a strided 1x1 convolution."""

    def __init__(self, n_in: int, n_out: int) -> None:
        super().__init__()
        self.shortcut = nn.Conv2d(n_in, n_out, 1, stride=2, bias=False)
        self.shortcut_norm = _norm(n_out)
        self.separable1 = SeparableConv(n_in, n_out)
        self.norm1 = _norm(n_out)
        self.separable2 = SeparableConv(n_out, n_out)
        self.norm2 = _norm(n_out)
        self.pool = SamePool()

    def forward(self, x: Tensor) -> Tensor:
        """x: (B, C_in, H, W) -> (B, C, ceil(H / 2), ceil(W / 2)), without a final ReLU."""
        y = F.relu(self.norm1(self.separable1(x)))
        y = self.pool(self.norm2(self.separable2(y)))
        return y + self.shortcut_norm(self.shortcut(x))


class SeparableConv(nn.Module):
    """A 3x3 convolution of each channel, then a 1x1 one across them; nothing in between."""

    def __init__(self, n_in: int, n_out: int) -> None:
        super().__init__()
        self.depthwise = nn.Conv2d(n_in, n_in, 3, padding=1, groups=n_in, bias=False)
        self.pointwise = nn.Conv2d(n_in, n_out, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """x: (B, C_in, H, W) -> (B, C, H, W)."""
        return self.pointwise(self.depthwise(x))


class SamePool(nn.Module):
    """Maxima of 3x3 windows at stride 2, padded as TensorFlow does: the odd pixel comes last."""

    def forward(self, x: Tensor) -> Tensor:
        """x: (B, C, N, N) -> (B, C, M, M), M = ceil(N / 2)."""
        size = x.shape[-1]
        excess = (-(-size // 2) - 1) * 2 + 3 - size
        before, after = excess // 2, excess - excess // 2
        return F.max_pool2d(F.pad(x, (before, after, before, after), value=-torch.inf), 3, 2)


def _norm(channels: int) -> nn.BatchNorm2d:
    return nn.BatchNorm2d(channels, eps=1e-3, momentum=0.01)  # Keras' momentum 0.99

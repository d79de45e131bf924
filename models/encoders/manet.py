"""MA-Net, Zhao et al. 2021: a face to two pooled vectors and seven emotions (reading.md C.3).

Shapes: B faces (B, 3, 224, 224), RGB in [0, 1], neither mean nor deviation removed. Names of
modules give the keys of the published RAF-DB checkpoint (without its `module.`).

Branch 1 looks at four quadrants with attention, branch 2 at the whole at several scales. The
embedding joins what enters their classifiers, 512 + 512.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.encoders.manet_blocks import AttentionBlock, BasicBlock, MulScaleBlock
from models.vocabulary import ScaleOrder

BRANCH_DIM = 512
EMBEDDING_DIM = 2 * BRANCH_DIM
IMAGE_SIZE_PX = 224
CLASSES = ("neutral", "happy", "sad", "surprise", "fear", "disgust", "anger")  # RAF-DB's order
QUADRANTS = (1, 2, 3, 4)  # top left, top right, bottom left, bottom right
LOCAL_SHARE = 0.6  # of branch 1 in the fused logits


class MaNet(nn.Module):
    """The published network: 50.5 million parameters."""

    def __init__(self, scale_order: ScaleOrder = "published") -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 7, 2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.layer1 = nn.Sequential(BasicBlock(64, 64), BasicBlock(64, 64))
        self.layer2 = nn.Sequential(BasicBlock(64, 128, 2), BasicBlock(128, 128))
        for k in QUADRANTS:
            self.add_module(f"layer3_1_p{k}", _attention_stage(128, 256, 2))
            self.add_module(f"layer4_1_p{k}", _attention_stage(256, 512, 1))
        self.layer3_2 = _scale_stage(128, 256, scale_order)
        self.layer4_2 = _scale_stage(256, 512, scale_order)
        self.fc_1 = nn.Linear(BRANCH_DIM, len(CLASSES))
        self.fc_2 = nn.Linear(BRANCH_DIM, len(CLASSES))

    def embed(self, images: Tensor) -> Tensor:
        """images: (B, 3, 224, 224) -> (B, 1024), branch 1 before branch 2."""
        return torch.cat(self.pool_branches(images), dim=1)

    def forward(self, images: Tensor) -> Tensor:
        """images: (B, 3, 224, 224) -> fused logits (B, 7) in the order of `CLASSES`."""
        local, whole = self.pool_branches(images)
        return LOCAL_SHARE * self.fc_1(local) + (1 - LOCAL_SHARE) * self.fc_2(whole)

    def pool_branches(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """images: (B, 3, 224, 224) -> branch 1 and branch 2, (B, 512) each."""
        expected = (3, IMAGE_SIZE_PX, IMAGE_SIZE_PX)
        if images.shape[1:] != expected:
            raise ValueError(f"images have shape {tuple(images.shape)}; expected (B, *{expected})")
        x = F.max_pool2d(F.relu(self.bn1(self.conv1(images))), 3, 2, padding=1)
        x = self.layer2(self.layer1(x))
        whole = self.layer4_2(self.layer3_2(x))
        return self._look_closely(x).mean(dim=(2, 3)), whole.mean(dim=(2, 3))

    def _look_closely(self, x: Tensor) -> Tensor:
        """x: (B, 128, 28, 28) -> (B, 512, 14, 14): each quadrant by its own layers."""
        top, bottom = x.chunk(2, dim=2)
        parts = [
            self.get_submodule(f"layer4_1_p{k}")(self.get_submodule(f"layer3_1_p{k}")(part))
            for k, part in zip(
                QUADRANTS, (*top.chunk(2, dim=3), *bottom.chunk(2, dim=3)), strict=True
            )
        ]
        return torch.cat((torch.cat(parts[:2], dim=3), torch.cat(parts[2:], dim=3)), dim=2)


def _attention_stage(n_in: int, n_out: int, stride: int) -> nn.Sequential:
    return nn.Sequential(AttentionBlock(n_in, n_out, stride), AttentionBlock(n_out, n_out))


def _scale_stage(n_in: int, n_out: int, order: ScaleOrder) -> nn.Sequential:
    return nn.Sequential(
        MulScaleBlock(n_in, n_out, 2, order), MulScaleBlock(n_out, n_out, 1, order)
    )

"""The framework ITS around two plain networks: teacher, student and their joint loss.

reading.md A.5, A.6. Frozen; not made fast. Shapes: B dialogues, T utterances of the longest, C
outputs.
"""

from functools import partial

import torch
from torch import Tensor

from benchmarks.plain.batches import PlainBatch
from benchmarks.plain.loop import PlainModel
from models.plain.iteacnet import Form, PlainIteacnet, joint_loss


class TeacherStudent(PlainModel):
    """A Transformer teacher of three layers on complete, a NAS student of four on incomplete data.

    Time mixers do not see padding (`is_exact`), so that results can be compared with ours.
    """

    def __init__(
        self,
        feature_dims: dict[str, int],
        n_outputs: int,
        max_utterances: int,
        dim: int = 128,
        n_heads: int = 8,
    ) -> None:
        super().__init__()
        sizes = {"dim": dim, "n_heads": n_heads, "n_outputs": n_outputs}
        made = partial(Form, feature_dims, max_utterances=max_utterances, **sizes)
        self.teacher = PlainIteacnet(made(is_nas=False, n_layers=3, dropout=0.5))
        self.student = PlainIteacnet(made(is_nas=True, n_layers=4, dropout=0.0))

    def optimizers(self) -> list[torch.optim.Optimizer]:
        """AdamW, routers at a rate of their own (reading.md A.6)."""
        named = list(self.named_parameters())
        routers = [parameter for name, parameter in named if ".router." in name]
        others = [parameter for name, parameter in named if ".router." not in name]
        groups = [{"params": others, "lr": 5e-4}, {"params": routers, "lr": 5e-3}]
        return [torch.optim.AdamW(groups, weight_decay=1e-5)]

    def loss(self, batch: PlainBatch) -> Tensor:
        """Eq. 15."""
        missing = batch.valid & ~batch.usable.all(dim=-1)
        teacher = self.teacher(batch.complete(), batch.valid)
        student = self.student(batch.masked(), batch.valid)
        return joint_loss(teacher, student, batch.labels, batch.valid, missing)

    def predict(self, batch: PlainBatch) -> Tensor:
        """(B, T, C) logits of the student, which is the reported one."""
        return self.student(batch.masked(), batch.valid)[0]

"""Data as a plain implementation keeps them: a dict per dialogue, padded batch by batch.

Shapes: L utterances of a dialogue, B dialogues padded to T, modality m of D_m values, R rates.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

MODALITIES = ("audio", "text", "visual")
# A modality (L, D_m); extracted (L, 3); mask (L, 3) where it is drawn; speakers and labels (L,).
Dialogue = Mapping[str, Tensor]


@dataclass(frozen=True)
class PlainBatch:
    """B dialogues padded with zeros to T utterances."""

    features: Mapping[str, Tensor]  # modality -> (B, T, D_m)
    extracted: Tensor  # (B, T, 3) bool
    available: Tensor  # (B, T, 3) bool
    valid: Tensor  # (B, T) bool
    speakers: Tensor  # (B, T)
    labels: Tensor  # (B, T)

    @property
    def usable(self) -> Tensor:
        """(B, T, 3) bool: extracted and not withheld."""
        return self.extracted & self.available

    def masked(self) -> dict[str, Tensor]:
        """Features times their mask: what is usable."""
        return self._times(self.usable)

    def complete(self) -> dict[str, Tensor]:
        """Features with nothing withheld."""
        return self._times(self.extracted)

    def withheld(self) -> dict[str, Tensor]:
        """Features of what is withheld, and of that alone."""
        return self._times(self.extracted & ~self.available)

    def _times(self, cells: Tensor) -> dict[str, Tensor]:
        named = zip(MODALITIES, cells.unbind(dim=-1), strict=True)
        return {name: self.features[name] * there[..., None] for name, there in named}


def pad(dialogues: Sequence[Dialogue]) -> PlainBatch:
    """Put dialogues together; nothing is withheld where they bring no mask."""
    padded = {
        name: pad_sequence([dialogue[name] for dialogue in dialogues], batch_first=True)
        for name in dialogues[0]
    }
    lengths = torch.tensor([len(dialogue["labels"]) for dialogue in dialogues])
    valid = torch.arange(int(lengths.max())) < lengths[:, None]

    return PlainBatch(
        features={name: padded[name] for name in MODALITIES},
        extracted=padded["extracted"],
        available=padded.get("mask", torch.ones_like(padded["extracted"])),
        valid=valid.to(padded["labels"].device),
        speakers=padded["speakers"],
        labels=padded["labels"],
    )


def batches(dialogues: Sequence[Dialogue], order: Sequence[int], size: int) -> Iterator[PlainBatch]:
    """Batches of `size` in this order."""
    for start in range(0, len(order), size):
        yield pad([dialogues[number] for number in order[start : start + size]])


def single_utterances(dialogues: Sequence[Dialogue]) -> list[Dialogue]:
    """Every utterance as a dialogue of its own, for methods that know no context."""
    return [
        {name: value[t : t + 1] for name, value in dialogue.items()}
        for dialogue in dialogues
        for t in range(len(dialogue["labels"]))
    ]

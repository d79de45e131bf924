"""`ConversationBatch`, the one input of every network here.

Shapes: B dialogues, T utterances of the longest one, M = 3 modalities in the order audio, text,
visual, D_m features of modality m. Three masks, True = there is something to use:
`extracted` (something was found in the raw data), `available` (not withheld by the protocol),
`valid` (not padding).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial

import torch
from torch import Tensor

from models.fast.feature_rows import NOTHING, FeatureRows
from models.fast.fixed_layout import FixedLayout
from models.fast.layout import Layout
from models.vocabulary import MODALITIES


@dataclass(frozen=True)
class ConversationBatch:
    """Dialogues padded to one length. Networks that know no context get dialogues of length one."""

    features: Mapping[str, Tensor]  # modality -> (B, T, D_m) float, or `FeatureRows` of them
    extracted: Tensor  # (B, T, M) bool
    available: Tensor  # (B, T, M) bool
    valid: Tensor  # (B, T) bool
    speakers: Tensor  # (B, T) int64, 0 on padding
    labels: Tensor  # (B, T) int64 classes or float values, 0 on padding
    rows: Tensor  # (B, T) int64 row of the utterance in its feature store, -1 on padding
    # Given where nothing may wait for a value; (B, T) is then one line of rows, dialogue after
    # dialogue. None: networks make their own from `valid`.
    layout: Layout | None = None

    @property
    def usable(self) -> Tensor:
        """(B, T, M) bool: extracted, not withheld, not padding."""
        return self.extracted & self.available & self.valid.unsqueeze(-1)

    @property
    def withheld(self) -> Tensor:
        """(B, T, M) bool: missing cells whose truth is known, what reconstruction losses aim at."""
        return self.extracted & ~self.available & self.valid.unsqueeze(-1)

    def masked(self) -> "ConversationBatch":
        """The same batch with zeros wherever a modality is not usable."""
        return self._keeping(self.usable)

    def complement(self) -> "ConversationBatch":
        """The same batch with only what is withheld, zeros elsewhere."""
        return self._keeping(self.withheld)

    def for_prediction(self) -> "ConversationBatch":
        """The same batch without the vectors that are withheld: to read one of them is an error."""
        hidden = dict(zip(MODALITIES, self.withheld.unbind(dim=-1), strict=True))
        return replace(self, features=FeatureRows.of(self.features).without(hidden))

    def _keeping(self, cells: Tensor) -> "ConversationBatch":
        by_modality = dict(zip(MODALITIES, cells.unbind(dim=-1), strict=True))
        return replace(self, features=FeatureRows.of(self.features).keeping(by_modality))

    def vectors(self, name: str, cells: Tensor) -> Tensor:
        """(n, D_m): features of one modality at the flat cells (n,) of the (B, T) grid."""
        return FeatureRows.of(self.features).at(name, cells)

    def complete(self) -> "ConversationBatch":
        """The same batch with nothing withheld: what the teacher sees. `extracted` stays."""
        return replace(self, available=torch.ones_like(self.available))

    def with_available(self, available: Tensor) -> "ConversationBatch":
        """The same batch under another mask of the protocol, (B, T, M) bool."""
        return replace(self, available=available)

    def by_dialogue(self) -> "ConversationBatch":
        """One line of rows, (1, N), as K padded dialogues of S; any other batch as it is."""
        if not isinstance(self.layout, FixedLayout):
            return self
        grid, empty = self.layout.grid, partial(self.layout.grid, fill=NOTHING)
        features = FeatureRows.of(self.features).map(empty)
        return replace(self._map(features, grid), rows=empty(self.rows))

    def from_dialogues(self, outputs: Tensor) -> Tensor:
        """What was made of `by_dialogue` (K, S, ...) -> (B, T, ...) of this batch."""
        return self.layout.ungrid(outputs) if isinstance(self.layout, FixedLayout) else outputs

    def utterances(self, cells: Tensor) -> "ConversationBatch":
        """The cells at flat indices (N,) of the (B, T) grid, as N dialogues of one utterance."""

        def pick(grid: Tensor) -> Tensor:
            return grid.flatten(0, 1)[cells].unsqueeze(1)

        return self._map(FeatureRows.of(self.features).map(pick), pick)

    def to(self, device: torch.device | str) -> "ConversationBatch":
        """The same batch on `device`."""
        features = {name: value.to(device) for name, value in self.features.items()}
        return self._map(features, lambda value: value.to(device))

    def _map(
        self, features: Mapping[str, Tensor], change: Callable[[Tensor], Tensor]
    ) -> "ConversationBatch":
        names = ("extracted", "available", "valid", "speakers", "labels", "rows")
        changed = {name: change(getattr(self, name)) for name in names}
        return replace(self, features=features, layout=None, **changed)

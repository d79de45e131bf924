"""`FeatureRows`: features of a grid of utterances, left in their stores until somebody asks.

A batch names rows; what a network never looks at (padding, what is withheld) is never copied.
What it must not look at is not in there: to read a `WITHHELD` row is an error (`without`).

Shapes: S stored vectors of D_m features of modality m; a grid (B, T) of B dialogues, T utterances.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F
from torch import Tensor

from models.fast import switch

NOTHING, WITHHELD = -1, -2  # rows that name no vector: read as zeros; not to be read


class WithheldError(RuntimeError):
    """A method reads what the protocol withholds from it."""


@dataclass(frozen=True)
class FeatureRows(Mapping[str, Tensor]):
    """Modality -> (B, T, D_m), a new tensor each time; zeros where the row is negative."""

    stores: Mapping[str, Tensor]  # modality -> (S, D_m)
    rows: Mapping[str, Tensor]  # modality -> (B, T) int64 row in its store, or negative
    is_fixed: bool = False  # read without looking at `rows`: for steps that a GPU replays

    @classmethod
    def of(cls, features: Mapping[str, Tensor]) -> "FeatureRows":
        """Features (B, T, D_m) that exist already."""
        if isinstance(features, FeatureRows):
            return features
        stores = {name: value.flatten(0, 1) for name, value in features.items()}
        rows = {
            name: torch.arange(len(stores[name]), device=value.device).view(value.shape[:2])
            for name, value in features.items()
        }
        return cls(stores, rows)

    def __getitem__(self, name: str) -> Tensor:
        return self._read(name, self.rows[name])

    def __iter__(self) -> Iterator[str]:
        return iter(self.stores)

    def __len__(self) -> int:
        return len(self.stores)

    def at(self, name: str, cells: Tensor) -> Tensor:
        """(n, D_m): one modality at the flat cells (n,) of the grid."""
        return self._read(name, self.rows[name].flatten().index_select(0, cells))

    def _read(self, name: str, rows: Tensor) -> Tensor:
        if self.is_fixed:
            return _read_unseen(self.stores[name], rows)
        return _read(self.stores[name], rows)

    def keeping(self, cells: Mapping[str, Tensor]) -> "FeatureRows":
        """Zeros outside the cells (B, T) bool of each modality."""
        rows = {name: rows.masked_fill(~cells[name], NOTHING) for name, rows in self.rows.items()}
        return replace(self, rows=rows)

    def without(self, cells: Mapping[str, Tensor]) -> "FeatureRows":
        """The vectors of all but the cells (B, T) bool of each modality, in stores of their own."""
        if self.is_fixed:
            raise ValueError("rows that are read unseen have no stores of their own")
        stores, rows = {}, {}
        for name, own in self.rows.items():
            is_kept = (own >= 0) & ~cells[name]
            stores[name] = self.stores[name].index_select(0, own[is_kept])
            numbers = is_kept.flatten().cumsum(0).view_as(own) - 1
            rows[name] = torch.where(is_kept, numbers, own.clamp(max=NOTHING))
            rows[name] = rows[name].masked_fill(cells[name], WITHHELD)
        return FeatureRows(stores, rows)

    def map(self, change: Callable[[Tensor], Tensor]) -> "FeatureRows":
        """Another grid of the same stores."""
        return replace(self, rows={name: change(rows) for name, rows in self.rows.items()})


def _read(store: Tensor, rows: Tensor) -> Tensor:
    """(S, D), rows (...) -> (..., D). A bag of one row is a copy of it, an empty one is zeros.

    A tenth of the time of reading all and filling, and what is not asked for may be NaN.
    """
    if bool((rows == WITHHELD).any()):
        raise WithheldError(
            "a modality that the protocol withholds was read: a prediction may use only what is "
            "`usable` in its batch (`ConversationBatch.masked`), complete data belong to the loss"
        )

    has_row = rows.flatten() >= 0
    if not switch.is_on():
        read = store[rows.flatten().clamp(min=0)].masked_fill(~has_row[:, None], 0.0)
        return read.view(*rows.shape, store.shape[1])

    ends = has_row.cumsum(0)
    read = F.embedding_bag(rows.flatten()[has_row], store, ends - has_row.long(), mode="sum")
    return read.view(*rows.shape, store.shape[1])


def _read_unseen(store: Tensor, rows: Tensor) -> Tensor:
    """`_read` without a look at the rows: whoever makes them sees to it that none is `WITHHELD`."""
    flat = rows.flatten()
    read = store.index_select(0, flat.clamp(min=0))
    return read.masked_fill_((flat < 0).unsqueeze(1), 0.0).view(*rows.shape, store.shape[1])

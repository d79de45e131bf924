"""`FixedLayout`: a `Layout` whose shapes do not depend on the batch, made without looking at it.

A GPU works faster than Python can launch what it is to do, unless a step is recorded once and
replayed (`pipeline.training.recording`). What is replayed has the shapes of the recording, and
nothing in it may wait for a value: so here a batch has room for N rows in K dialogues of at most S
utterances, and everything follows from the K lengths by arithmetic on the device. Rows beyond the
utterances that exist are not `valid`; they hold finite numbers, and their gradients are 0.

Rows lie in the order of the batch. Every move between rows, padded bucket and line is a gather in
both directions: the same bytes each time, where sums into rows could come in any order on a GPU.

Shapes: K dialogues, S steps, N rows; a bucket (S, K, ...) is padded, as in `Layout`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from models.fast.layout import Bucket, Layout


@dataclass(frozen=True)
class FixedShape:
    """The room that a batch has."""

    n_dialogues: int  # K
    n_steps: int  # S
    n_rows: int  # N


@dataclass(frozen=True)
class Places:
    """Of n places: from which of the others each takes its value."""

    source: Tensor  # (n,) int64, any where the place is empty
    is_empty: Tensor | None  # (n,) bool; None = no place is

    def fill(self, values: Tensor, fill: float) -> Tensor:
        """Others' values (m, ...) -> (n, ...)."""
        taken = values.index_select(0, self.source)
        if self.is_empty is None:
            return taken
        return taken.masked_fill_(self.is_empty.view(-1, *[1] * (values.dim() - 1)), fill)


@dataclass(frozen=True, kw_only=True)
class FixedBucket(Bucket):
    """All dialogues: `cells` are those of the rows, `key_bias` is never None."""

    to_rows: Places
    to_cells: Places

    def pad(self, rows: Tensor) -> Tensor:
        """(N, ...) -> (S, K, ...), zero where there is no row."""
        padded = _move(rows, self.to_cells, self.to_rows)
        return padded.view(self.n_steps, self.n_dialogues, *rows.shape[1:])

    def unpad(self, padded: Tensor) -> Tensor:
        """(S, K, ...) -> (N, ...), zero in rows that do not exist."""
        return _move(padded.flatten(0, 1), self.to_rows, self.to_cells)


@dataclass(frozen=True)
class LinePlaces:
    """Of a line and its rows, whole and with both ends cut off."""

    on_line: Places
    of_rows: Places
    inside: Places
    of_rows_inside: Places


@dataclass(frozen=True, kw_only=True)
class FixedLayout(Layout):
    """The batch is one line of N cells already, `shape` = (1, N): each cell is a row."""

    owner: Tensor  # (N,) int64 dialogue of each row, K of those that do not exist
    is_full: bool  # every row exists
    buckets: tuple[FixedBucket]  # of all dialogues
    _by_gap: dict[int, LinePlaces] = field(default_factory=dict, repr=False)
    _shared: list[bool] = field(default_factory=list, repr=False)  # not empty: read by branches

    @classmethod
    def in_room(cls, lengths: Tensor, room: FixedShape, *, is_full: bool) -> "FixedLayout":
        """Dialogues of these lengths (K,) int64, whose sum is at most N; a length may be 0.

        `is_full` says that the sum is N. That lengths fit is for the caller to know: to look at
        them here would be to wait for the device.
        """
        owner, valid, bucket = _arrange(lengths, room, is_full)

        return cls(
            shape=(1, room.n_rows),
            cells=torch.arange(room.n_rows, device=lengths.device),
            valid=valid,
            lengths=(room.n_steps,) * room.n_dialogues,  # none is longer
            dialogues=tuple(range(room.n_dialogues)),
            buckets=(bucket,),
            owner=owner,
            is_full=is_full,
        )

    @property
    def steps(self) -> Tensor:
        """(N,) place of each row in its dialogue, 0 of those that do not exist."""
        return self.buckets[0].cells // self.buckets[0].n_dialogues

    def mirrored(self, rows: Tensor) -> Tensor:
        """(N, ...) -> (N, ...): the rows of each dialogue in the opposite order."""
        firsts = torch.searchsorted(self.owner, self.owner)
        ends = torch.searchsorted(self.owner, self.owner, right=True)
        places = Places(firsts + ends - 1 - self.cells, None)
        return _move(rows, places, places)

    def share(self, gaps: Iterable[int]) -> None:
        """Make now what branches read together (`branches`): what one makes another cannot use."""
        for gap in {1, *gaps}:
            self._line_places(gap)
        _ = self.n_in_window
        self._shared.append(True)

    def joined(self, padded: Sequence[Tensor]) -> Tensor:
        """The one (S, K, ...) -> rows (N, ...)."""
        (only,) = padded
        return self.buckets[0].unpad(only)

    def padded(self, rows: Tensor) -> list[Tensor]:
        """Rows (N, ...) -> the one (S, K, ...)."""
        return [self.buckets[0].pad(rows)]

    def pack(self, padded: Tensor) -> Tensor:
        """(1, N, ...) -> (N, ...)."""
        return padded.flatten(0, 1)

    def unpack(self, rows: Tensor) -> Tensor:
        """(N, ...) -> (1, N, ...), with whatever is in rows that do not exist."""
        return rows.unsqueeze(0)

    def grid(self, values: Tensor, fill: float = 0.0) -> Tensor:
        """What no gradient is asked of, (1, N, ...) -> (K, S, ...), padded with `fill`."""
        bucket = self.buckets[0]
        cells = bucket.to_cells.fill(values.flatten(0, 1), fill)
        grid = cells.view(bucket.n_steps, bucket.n_dialogues, *values.shape[2:])
        return grid.transpose(0, 1).contiguous()

    def ungrid(self, grid: Tensor) -> Tensor:
        """(K, S, ...) -> (1, N, ...), zero in rows that do not exist."""
        return self.buckets[0].unpad(grid.transpose(0, 1)).unsqueeze(0)

    def to_line(self, rows: Tensor, gap: int, fill: float = 0.0) -> Tensor:
        """As `Layout.to_line`; rows that do not exist lie behind the last dialogue."""
        places = self._line_places(gap)
        return _move(rows, places.on_line, places.of_rows, fill)

    def from_line(self, line: Tensor, gap: int) -> Tensor:
        """As `Layout.from_line`."""
        places = self._line_places(gap)
        return _move(line, places.of_rows_inside, places.inside)

    def _line_places(self, gap: int) -> LinePlaces:
        if gap in self._by_gap:
            return self._by_gap[gap]
        found = self._find_line_places(gap)
        if not self._shared:
            self._by_gap[gap] = found
        return found

    def _find_line_places(self, gap: int) -> LinePlaces:
        n_rows, device = len(self.owner), self.owner.device
        places = self.cells + gap * (self.owner + 1)
        line = torch.arange(n_rows + gap * (len(self.lengths) + 2), device=device)
        rows = torch.searchsorted(places, line).clamp(max=n_rows - 1)
        is_empty = places.index_select(0, rows) != line
        inside = slice(gap, len(line) - gap)
        return LinePlaces(
            Places(rows, is_empty),
            Places(places, None),
            Places(rows[inside], is_empty[inside]),
            Places(places - gap, None),
        )


def _arrange(
    lengths: Tensor, room: FixedShape, is_full: bool
) -> tuple[Tensor, Tensor, FixedBucket]:
    """Owner and validity of each row (N,), and the bucket of all."""
    device, n_dialogues = lengths.device, room.n_dialogues
    ends = lengths.cumsum(0)
    rows = torch.arange(room.n_rows, device=device)
    owner = torch.searchsorted(ends, rows, right=True)  # K beyond the last
    valid = owner < n_dialogues
    own = owner.clamp(max=n_dialogues - 1)
    firsts = ends - lengths
    cells = (rows - firsts.index_select(0, own)) * n_dialogues + own
    cells = cells.masked_fill(~valid, 0)

    steps = torch.arange(room.n_steps, device=device).unsqueeze(1)
    is_key = steps < lengths  # (S, K)
    row_of = (firsts + steps).clamp(max=room.n_rows - 1)
    readable = is_key | (lengths == 0)  # a softmax needs one key
    key_bias = torch.zeros(readable.shape, device=device).masked_fill(~readable, -torch.inf)
    bucket = FixedBucket(
        n_dialogues=n_dialogues,
        n_steps=room.n_steps,
        cells=cells,
        key_bias=key_bias.t()[:, None, None, :],
        to_rows=Places(cells, None if is_full else ~valid),
        to_cells=Places(row_of.flatten(), ~is_key.flatten()),
    )
    return owner, valid, bucket


def _move(values: Tensor, to: Places, back: Places, fill: float = 0.0) -> Tensor:
    return _Move.apply(values, to, back, fill)  # type: ignore[no-untyped-call]


class _Move(torch.autograd.Function):
    """Values (m, ...) to places (n, ...); each value goes to at most one place."""

    @staticmethod
    def forward(ctx: Any, values: Tensor, to: Places, back: Places, fill: float) -> Tensor:
        ctx.back = back
        return to.fill(values, fill)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None, None, None]:
        return ctx.back.fill(grad, 0.0), None, None, None

"""`Layout`: the rows of a batch that exist, packed, and the few padded views that some layers need.

Layers that look at one utterance at a time run on packed rows (N, D): N utterances of all
dialogues, one after the other, no padding. Layers that look across a dialogue ask the layout for
a padded view of a bucket of dialogues of similar length (`Bucket`), or for one long line with
gaps between dialogues (`Layout.to_line`) for windows in time.

Two ways with padding (reading.md A.6, last paragraph). As a rule only valid utterances are rows, so
padding cannot reach a valid output. `is_padded`: every cell of the padded batch is a row, as in
the published code, where only attention keys are masked.

Shapes: B dialogues, T utterances of the longest, N rows, K dialogues of a bucket padded to S.
Padded buckets are time first, (S, K, ...).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import torch
from torch import Tensor

from models.fast import switch

# What one more bucket costs on a CPU, in padded cells that could be computed instead (measured).
BUCKET_COST = 120


@dataclass(frozen=True)
class Bucket:
    """K dialogues of similar length; their rows are contiguous, dialogue after dialogue."""

    n_dialogues: int  # K
    n_steps: int  # S
    cells: Tensor  # (n,) int64 cell s * K + k of each row
    key_bias: Tensor | None  # (K, 1, 1, S): 0 where a key may be read, -inf elsewhere; None = all

    def pad(self, rows: Tensor) -> Tensor:
        """Rows of the bucket (n, ...) -> (S, K, ...), zero where there is no row."""
        n_cells = self.n_steps * self.n_dialogues
        is_full = len(self.cells) == n_cells
        make = rows.new_empty if is_full else rows.new_zeros
        padded = make((n_cells, *rows.shape[1:])).index_copy_(0, self.cells, rows)
        return padded.view(self.n_steps, self.n_dialogues, *rows.shape[1:])

    def unpad(self, padded: Tensor) -> Tensor:
        """(S, K, ...) -> this bucket's rows."""
        return padded.flatten(0, 1).index_select(0, self.cells)


@dataclass(frozen=True)
class Layout:
    """Which cells of a (B, T) batch are rows, in which order, in which buckets.

    Four dialogues a, b, c, d of 2, 5, 4 and 1 utterances; `.` is padding:

        batch (B, T)      a0 a1 .  .  .        rows: the longest dialogue first, no padding
                          b0 b1 b2 b3 b4         b0 b1 b2 b3 b4 c0 c1 c2 c3 a0 a1 d0
                          c0 c1 c2 c3 .        lengths (5, 4, 2, 1), dialogues (1, 2, 0, 3)
                          d0 .  .  .  .

        buckets, padded: time first            line, gap 1: a window of 3 meets one dialogue only
          b0 c0    a0 d0                         . b0 b1 b2 b3 b4 . c0 c1 c2 c3 . a0 a1 . d0 .
          b1 c1    a1 .
          b2 c2    S, K = 2, 2                 A bucket is padded to its longest dialogue, so that
          b3 c3                                a layer over time pays for 14 cells here, not 20.
          b4 .
          S, K = 5, 2
    """

    shape: tuple[int, int]  # B, T
    cells: Tensor  # (N,) int64 cell b * T + t of each row
    valid: Tensor  # (N,) bool, False for rows that are padding ("published" only)
    lengths: tuple[int, ...]  # rows of each dialogue, in the order of the rows
    dialogues: tuple[int, ...]  # which dialogue of the batch that is
    buckets: tuple[Bucket, ...]
    _lines: dict[int, Tensor] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, valid: Tensor, *, is_padded: bool = False) -> "Layout":
        """Lay out a batch by its mask (B, T); in every dialogue padding must come last.

        `is_padded`: padding has rows too, as in the public code.
        """
        n_dialogues, n_steps = valid.shape
        n_valid = valid.sum(dim=1)
        if not torch.equal(valid, torch.arange(n_steps, device=valid.device) < n_valid[:, None]):
            raise ValueError("a padded utterance comes before a valid one: padding must come last")
        if not n_valid.any():
            raise ValueError(f"a batch of {n_dialogues} dialogues holds no valid utterance")
        if is_padded:
            return cls.every_cell(valid)

        lengths = n_valid.tolist()
        order = sorted((b for b in range(n_dialogues) if lengths[b]), key=lambda b: -lengths[b])
        sizes = [lengths[b] for b in order]
        starts = torch.tensor([b * n_steps for b in order], dtype=torch.int64)
        cells = _ranges(starts, sizes).to(valid.device)
        is_cut = valid.device.type == "cpu" and switch.is_on()
        ends = _split(sizes, BUCKET_COST) if is_cut else [len(sizes)]
        return cls(
            shape=(n_dialogues, n_steps),
            cells=cells,
            valid=torch.ones(len(cells), dtype=torch.bool, device=valid.device),
            lengths=tuple(sizes),
            dialogues=tuple(order),
            buckets=_buckets(sizes, ends, valid.device),
        )

    @classmethod
    def every_cell(cls, valid: Tensor) -> "Layout":
        """All cells are rows; where valid (B, T) they are keys. Made without a look at any."""
        n_dialogues, n_steps = valid.shape
        # A dialogue without any valid utterance may read its padding: a softmax needs one key.
        keys = valid | ~valid.any(dim=1, keepdim=True)
        key_bias = torch.zeros(keys.shape, device=valid.device).masked_fill(~keys, -torch.inf)
        cells = torch.arange(valid.numel(), device=valid.device)
        bucket = Bucket(
            n_dialogues=n_dialogues,
            n_steps=n_steps,
            cells=_time_major(cells, n_dialogues, n_steps),
            key_bias=key_bias[:, None, None, :],
        )
        return cls(
            shape=(n_dialogues, n_steps),
            cells=cells,
            valid=valid.flatten(),
            lengths=(n_steps,) * n_dialogues,
            dialogues=tuple(range(n_dialogues)),
            buckets=(bucket,),
        )

    def padded(self, rows: Tensor) -> list[Tensor]:
        """Rows (N, ...) -> one (S, K, ...) for each bucket, zero where there is no row."""
        parts = torch.split(rows, [len(bucket.cells) for bucket in self.buckets])
        return [bucket.pad(part) for bucket, part in zip(self.buckets, parts, strict=True)]

    def joined(self, padded: Sequence[Tensor]) -> Tensor:
        """One (S, K, ...) for each bucket -> rows (N, ...)."""
        return torch.cat([b.unpad(part) for b, part in zip(self.buckets, padded, strict=True)])

    def pack(self, padded: Tensor) -> Tensor:
        """(B, T, ...) -> rows (N, ...)."""
        return padded.flatten(0, 1).index_select(0, self.cells)

    def unpack(self, rows: Tensor) -> Tensor:
        """Rows (N, ...) -> (B, T, ...), zero where there is no row."""
        n_cells = self.shape[0] * self.shape[1]
        padded = rows.new_zeros(n_cells, *rows.shape[1:])
        return padded.index_copy_(0, self.cells, rows).view(*self.shape, *rows.shape[1:])

    def unpack_maps(self, maps: Sequence[Tensor]) -> Tensor:
        """One (K, H, S, S) map per bucket -> (B, H, T, T), zero where there is no row."""
        n_dialogues, n_steps = self.shape
        out = maps[0].new_zeros(n_dialogues, maps[0].shape[1], n_steps, n_steps)
        position = 0
        for bucket, part in zip(self.buckets, maps, strict=True):
            for k in range(bucket.n_dialogues):
                n, b = self.lengths[position], self.dialogues[position]
                out[b, :, :n, :n] = part[k, :, :n, :n]
                position += 1
        return out

    def to_line(self, rows: Tensor, gap: int, fill: float = 0.0) -> Tensor:
        """Rows (N, ...) -> (N + gaps, ...): all dialogues on one line, `gap` fills around each.

        A window that reaches `gap` steps to either side then sees one dialogue only.
        """
        line = rows.new_full((len(rows) + gap * (len(self.lengths) + 1), *rows.shape[1:]), fill)
        return line.index_copy_(0, self._line_cells(gap), rows)

    def from_line(self, line: Tensor, gap: int) -> Tensor:
        """What windows over `to_line(rows, gap)` gave, `gap` steps shorter at each end -> rows."""
        return line.index_select(0, self._line_cells(gap) - gap)

    @cached_property
    def n_in_window(self) -> Tensor:
        """(N, 1): how many of an utterance and its two neighbours exist, 1 to 3."""
        ones = self.to_line(torch.ones(len(self.cells), 1, device=self.cells.device), gap=1)
        return self.from_line(ones[:-2] + ones[1:-1] + ones[2:], gap=1)

    def _line_cells(self, gap: int) -> Tensor:
        if gap not in self._lines:
            lengths = torch.tensor(self.lengths)
            starts = (lengths + gap).cumsum(0) - lengths
            self._lines[gap] = _ranges(starts, self.lengths).to(self.cells.device)
        return self._lines[gap]


def _ranges(starts: Tensor, sizes: Sequence[int]) -> Tensor:
    """start, start + 1, ... start + size - 1 of each range, one after the other."""
    lengths = torch.tensor(sizes, dtype=torch.int64)
    firsts = lengths.cumsum(0) - lengths
    return torch.arange(int(lengths.sum())) + (starts - firsts).repeat_interleave(lengths)


def _time_major(cells: Tensor, n_dialogues: int, n_steps: int) -> Tensor:
    """Cells k * S + s -> s * K + k: time first lets attention and layers over time copy less."""
    return cells % n_steps * n_dialogues + cells // n_steps


def _buckets(sizes: Sequence[int], ends: Sequence[int], device: torch.device) -> tuple[Bucket, ...]:
    """Buckets of the dialogues [0, ends[0]), [ends[0], ends[1]), ...; sizes fall."""
    buckets, first = [], 0
    for end in ends:
        part = sizes[first:end]
        n_steps = part[0]
        is_full = part[-1] == n_steps
        starts = torch.arange(len(part)) * n_steps
        keys = torch.arange(n_steps) < torch.tensor(part)[:, None]
        key_bias = torch.zeros(keys.shape).masked_fill(~keys, -torch.inf)[:, None, None, :]

        buckets.append(
            Bucket(
                n_dialogues=len(part),
                n_steps=n_steps,
                cells=_time_major(_ranges(starts, part), len(part), n_steps).to(device),
                key_bias=None if is_full else key_bias.to(device),
            )
        )
        first = end
    return tuple(buckets)


def _split(sizes: Sequence[int], bucket_cost: float) -> list[int]:
    """Where to cut falling `sizes` so that padded cells plus `bucket_cost` a bucket are fewest.

    Dynamic programming over the places where the size changes.
    """
    places = [i for i in range(1, len(sizes)) if sizes[i] != sizes[i - 1]] + [len(sizes)]
    best: dict[int, tuple[float, list[int]]] = {0: (0.0, [])}
    for end in places:
        best[end] = min(
            (cost + bucket_cost + sizes[start] * (end - start), [*cuts, end])
            for start, (cost, cuts) in best.items()
        )
    return best[len(sizes)][1]

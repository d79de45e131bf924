"""What each kernel of models/fast buys, by itself: CPU time with the switch on and off, by turns.

    python -m benchmarks.kernels

A batch of 32 dialogues of IEMOCAP's lengths, features of 512, 1024 and 1024 (made). One thread;
the least of many runs of each side. docs/fast.md holds a table of it.
"""

import time
from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn

from benchmarks.synthetic import DIMS, SIZES, make
from models.batch import ConversationBatch
from models.fast import switch
from models.fast.dropout import Dropout
from models.fast.layout import Layout
from models.fast.products import Chain, Linear
from models.fast.recurrent import BidirectionalLstm, Turns
from models.layers import MultiHeadAttention
from pipeline.conversations.collate import collate, items_of
from pipeline.training.masks import TrainingMasks
from pipeline.training.randomness import make_deterministic

Kernel = Callable[[], object]
N_DIALOGUES, N_TURNS = 32, 15
DIM, N_HEADS, HIDDEN = 128, 8, 200


def main() -> None:
    """Measure and print a table."""
    make_deterministic(1, torch.device("cpu"))
    torch.manual_seed(0)
    batch = make_batch()
    for name, kernel in kernels(batch):
        on, off = measure(kernel)
        print(f"| {name} | {1e3 * off:.1f} ms | {1e3 * on:.1f} ms | {off / on:.1f}x |", flush=True)


def make_batch() -> ConversationBatch:
    """Dialogues of the training set, two thirds of their modalities withheld."""
    made = make(SIZES["iemocap"], torch.device("cpu"))
    held, index = made.conversations, made.conversations.index
    items = items_of(index, made.train[:N_DIALOGUES], "dialogues")
    rows = index.utterances_of(made.train)
    masks = TrainingMasks(held, rows, 0.7, "gcnet", "per_batch", seed=0)
    return masks.place(collate(held, items), items)


def kernels(batch: ConversationBatch) -> Iterator[tuple[str, Kernel]]:
    """Name and work of each, forwards and backwards where there is a gradient."""
    n_rows = len(Layout.of(batch.valid).cells)
    vectors, rows = torch.randn(n_rows, DIMS["text"]), torch.randn(n_rows, 4 * DIM)
    joined = torch.randn(n_rows, sum(DIMS.values()))

    chain = Chain(Linear(DIMS["text"], DIM), nn.ReLU(), Linear(DIM, DIM))
    yield "`products`: two Linears and a ReLU", lambda: step(chain(vectors))
    yield "`dropout`: half of a feed-forward's values", lambda: Dropout(0.5)(rows)

    attention = MultiHeadAttention(DIM, N_HEADS, 0.0)

    def attend() -> None:
        layout = Layout.of(batch.valid)
        x = rows[:, :DIM]
        step(attention(x, x, layout))

    yield "`layout`: attention in buckets of like length", attend
    lstm = BidirectionalLstm(joined.shape[1], HIDDEN, 0.0)

    def read() -> None:
        step(lstm(joined, Turns.of(Layout.of(batch.valid))))

    yield "`recurrent`: GCNet's first LSTM", read
    yield "`feature_rows`: what is left of a batch", lambda: dict(batch.masked().features)


def step(outputs: Tensor) -> None:
    """Backwards from a sum."""
    torch.autograd.backward(outputs.sum())


def measure(kernel: Kernel) -> tuple[float, float]:
    """Least CPU seconds with the switch on and off, by turns."""
    seconds: dict[bool, list[float]] = {True: [], False: []}
    for _ in range(N_TURNS):
        for is_on in (True, False):
            switch.turn(is_on=is_on)
            start = time.process_time()
            kernel()
            seconds[is_on].append(time.process_time() - start)
    switch.turn(is_on=True)
    return min(seconds[True]), min(seconds[False])


if __name__ == "__main__":
    main()

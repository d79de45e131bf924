"""Several files at once, each decoded by a process of its own."""

from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue
from typing import TypeVar

from pipeline.media.decoder import Decoder

Given = TypeVar("Given")
Result = TypeVar("Result")


def decoding_each(
    work: Callable[[Decoder, Given], Result], inputs: Sequence[Given], n_decoders: int
) -> Generator[Result, None, None]:
    """Yield `work(decoder, given)` for each of `inputs`, in order, `n_decoders` at a time.

    A decoder serves one input after the other; one alone is served in the caller's thread. Close
    the iterator if not all of it is taken: work that has begun then ends with a ReadError.
    """
    if n_decoders == 1:
        with Decoder() as decoder:
            yield from (work(decoder, given) for given in inputs)
        return

    decoders = [Decoder() for _ in range(min(n_decoders, len(inputs)))]
    free: SimpleQueue[Decoder] = SimpleQueue()

    def serve(given: Given) -> Result:
        decoder = free.get()
        try:
            return work(decoder, given)
        finally:
            free.put(decoder)

    for decoder in decoders:
        free.put(decoder)
    executor = ThreadPoolExecutor(max(1, len(decoders)), thread_name_prefix="file")
    try:
        futures = [executor.submit(serve, given) for given in inputs]
        for future in futures:
            yield future.result()
    finally:
        for decoder in decoders:
            decoder.stop()
        executor.shutdown(cancel_futures=True)
        for decoder in decoders:
            decoder.end()

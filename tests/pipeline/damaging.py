"""500 damaged inputs: bytes changed, cut off, doubled, swapped with odd ones, by a fixed seed."""

import random
import time

N_INPUTS = 500
MAX_SECONDS = 10.0  # for one input; the usual one takes some milliseconds
ODD = (b"\x00", b"\xff", b"\r", b"\n", b",", b'"', b";", b"-", b"\xe2\x88\x92", b"nan", b"1e999")
ODD += (b"9" * 30, b"../", b"\xef\xbb\xbf", b"(", b"t", b"R", b"b", b"\x80\x05", b"___", b"_DELIM_")


def damage(content, rng):
    content = bytearray(content)

    for _ in range(rng.choice((1, 1, 2, 5))):
        place = rng.randrange(len(content) + 1)
        kind = rng.randrange(5)
        if kind == 0 and place < len(content):
            content[place] = rng.randrange(256)
        elif kind == 1:
            del content[place:]
        elif kind == 2:
            content[place:place] = rng.choice(ODD)
        elif kind == 3:
            end = place + rng.randrange(40)
            content[place:place] = content[place:end]
        else:
            del content[place : place + rng.randrange(1, 20)]

    return bytes(content)


def try_all(files, attempt, n_inputs=N_INPUTS):
    """Damage one of `files` at a time, `n_inputs` times, and read."""
    rng = random.Random(0)
    whole = {path: path.read_bytes() for path in files}
    for _ in range(n_inputs):
        path = rng.choice(files)
        path.write_bytes(damage(whole[path], rng))
        start_s = time.perf_counter()
        attempt()
        assert time.perf_counter() - start_s < MAX_SECONDS
        path.write_bytes(whole[path])

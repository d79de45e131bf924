"""Spans of which only a part lies in their file: seconds asked for and found.

Milliseconds taken for seconds, the table of another cut, a download that broke off: features of
such a span are those of its beginning, and nothing else would say so.
"""

import math

# Streams of one recording differ by some frames, and tables round: a twentieth, and not less than
# a fifth of a second, which is one step of five pictures a second.
TOLERATED_SHARE, TOLERATED_S = 0.05, 0.25


def is_partly_covered(asked_s: float | None, found_s: float | None) -> bool:
    """Whether a part of the span that counts is not there."""
    if asked_s is None or found_s is None or not math.isfinite(asked_s):
        return False
    return asked_s - found_s > max(TOLERATED_SHARE * asked_s, TOLERATED_S)


def coverage(asked_s: float | None, found_s: float | None) -> str:
    """How much of a partly covered span is there, in words."""
    return f"{found_s or 0:.4g} of {asked_s or 0:.4g} s are in the file"

"""Numbers with their nouns, and times, as people write them."""


def counted(n: int, noun: str, many: str = "") -> str:
    """`1 file`, `2 files`; `many` where more is said than an s, as in `counted(n, "is", "are")`."""
    return f"{n} {noun if n == 1 else many or noun + 's'}"


def duration(seconds: float) -> str:
    """Minutes and seconds, with hours where there are any: 0:07, 12:30, 1:02:03."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"

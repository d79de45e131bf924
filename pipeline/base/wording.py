"""Numbers with their nouns, as people write them."""


def counted(n: int, one: str, many: str = "") -> str:
    """`1 file`, `2 files`; `many` where more is said than an s, as in `counted(n, "is", "are")`."""
    return f"{n} {one if n == 1 else many or one + 's'}"

"""Names of what there is once for each set of features, or on a test corpus: `audio@hubert`,
`gcnet@hubert`, `mood@meld`.

`@` is in no name that people may give, so that such a name says what it is made of.
"""

MARK = "@"


def of_set(name: str, features: str) -> str:
    """A modality or a method of a named set of features; of the first set, "", it is `name`."""
    return f"{name}{MARK}{features}" if features else name


def on_corpus(task: str, corpus: str) -> str:
    """Labels, splits and masks of a task on the corpus that it is tested on."""
    return f"{task}{MARK}{corpus}"


def without_set(name: str) -> str:
    """The modality, or the method, that `of_set` made a name of."""
    return name.partition(MARK)[0]

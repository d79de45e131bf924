"""The one error of labelling."""


class LabelError(ValueError):
    """A run and a corpus cannot be brought together; the text says why and what to do."""

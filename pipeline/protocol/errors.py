"""What goes wrong when a protocol is laid on a corpus."""


class ProtocolError(ValueError):
    """Labels, folds or masks cannot be made as asked; the text says why and what would help."""

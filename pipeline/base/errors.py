"""Errors that a person can mend, shared by layers that must not know each other.

They have a module of their own so that code whose digest names cached features (pipeline.features)
can raise them without hanging on all that settings, weights and caches are made of.
"""


class SettingsError(ValueError):
    """The configuration cannot be used; the text says where and why."""


class CheckpointError(ValueError):
    """Weights are not there, cannot be read safely, or are not the ones that we know."""


class EncodingError(RuntimeError):
    """An encoder that was loaded failed on an utterance; the text says which and how."""


class TrainingError(RuntimeError):
    """A run cannot go on."""


class CacheError(RuntimeError):
    """The cache cannot be used where it lies."""

"""What made the features that a run was trained on: for run.json, and to hold others against."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pipeline.base.arrays import read_header

ORIGIN = ("encoder", "weights", "pooling", "precision")  # of a store's header


def origins(features: Sequence[Path]) -> dict[str, dict[str, Any]]:
    """By modality: the encoder, its weights' digest, pooling, precision, libraries."""
    headers = map(read_header, features)
    return {header["modality"]: origin_of(header) for header in headers}


def origin_of(header: Mapping[str, Any]) -> dict[str, Any]:
    """The part of a store's header that does not depend on the corpus.

    `libraries`: versions of what computed them; two versions give vectors that are almost the same.
    """
    return {
        **{name: header[name] for name in ORIGIN},
        "libraries": dict(header.get("libraries", {})),
    }

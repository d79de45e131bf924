"""An encoder of your own: its module is called, and what it says is held against a second process.

A vector may depend on nothing but its utterance, the code, the settings and the weights: it is kept
under these, and shards are encoded by many processes. What is drawn without a seed, or salted by
Python as `hash` of a text is, differs from process to process, so the first utterances are encoded
by two before any is kept.
"""

import importlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing import get_context
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.own_encoder import Encoding
from pipeline.base.errors import CheckpointError, SettingsError
from pipeline.features.cache.extractor import Encoded, Extractor, Item, Weights

SETTINGS = "pipeline.config.own_encoders"  # by name: values decide, not how they are checked
N_TWICE = 3  # utterances
TOLERANCE = 1e-4  # of the largest number of a vector: sums in another order, no other draw


def own_encoding(
    modality: str, settings: Mapping[str, Any], weights: Weights, device: str
) -> Encoding:
    """What the module of `features.<modality>.encoder` builds; SettingsError names it."""
    name = settings["encoder"]
    section = importlib.import_module(SETTINGS).own_settings(modality, name, settings["settings"])
    place = None if settings["weights"] is None else weights.path

    try:
        found = importlib.import_module(name).build(section.typed(), place, device)
    except (CheckpointError, SettingsError):
        raise
    except Exception as error:  # a module of somebody else raises anything
        said = f"its build failed: {type(error).__name__}: {error}"
        raise encoder_fault(modality, name, said) from error

    if not isinstance(found, Encoding):
        raise encoder_fault(
            modality, name, f"its build returned {type(found).__name__}, not an Encoding"
        )
    return found


def encoder_fault(modality: str, name: str, said: str) -> SettingsError:
    """An error that names the key and the module."""
    return SettingsError(f"features.{modality}.encoder: {name}: {said}")


def checked_vectors(
    found: Any, n_rows: int | None, encoding: Encoding, modality: str, name: str
) -> NDArray[np.float64]:
    """(n, dim) of what a module gave, array or tensor; n_rows None: any number but 0."""
    tensor = getattr(found, "detach", None)
    array = np.asarray(tensor().float().cpu().numpy() if tensor else found, dtype=np.float64)

    if n_rows == 0:  # a single vector
        wanted, fits = f"({encoding.dim},)", array.shape == (encoding.dim,)
    else:
        wanted = f"({n_rows or 'T'}, {encoding.dim})"
        fits = array.ndim == 2 and len(array) == (n_rows or len(array)) > 0
        fits = fits and array.shape[1] == encoding.dim

    if not fits:
        said = f"it gave shape {array.shape}, expected {wanted}, as `build` says Encoding.dim"
        raise encoder_fault(modality, name, said)
    return array


@dataclass(frozen=True)
class Twice:
    """The extractor that `builder.build` made, held against one that another process makes."""

    inner: Extractor
    builder: str  # a module, as pipeline.features.encoders.own_text
    modality: str
    settings: Mapping[str, Any]
    weights: Weights
    device: str

    @property
    def dim(self) -> int:
        """D."""
        return self.inner.dim

    def encode(self, items: Iterable[Item], n_workers: int = 1) -> Iterator[Encoded]:
        """Yield one `Encoded` per item, once the first ones have come out alike twice."""
        rows = list(items)
        self._compare(rows[:N_TWICE])
        yield from self.inner.encode(rows, n_workers)

    def _compare(self, items: Sequence[Item]) -> None:
        """Refuse an encoder that says another thing in another process."""
        given = (self.builder, self.settings, self.weights, self.device, items)
        try:
            with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
                there = pool.submit(_encode_there, *given).result()
        except BrokenProcessPool as error:
            raise encoder_fault(
                self.modality, self.settings["encoder"], f"it crashed: {error}"
            ) from None

        for here in self.inner.encode(items):
            other = there[here.utterance_id]
            if here.status != other.status or not _is_near(here.vector, other.vector):
                raise encoder_fault(
                    self.modality,
                    self.settings["encoder"],
                    f"two processes gave {here.utterance_id} different vectors, so that none can "
                    "be kept: seed what is drawn, put the network into `eval()`, and use no "
                    "`hash()`, which Python salts anew in every process",
                )


def _encode_there(
    builder: str,
    settings: Mapping[str, Any],
    weights: Weights,
    device: str,
    items: Sequence[Item],
) -> dict[str, Encoded]:
    """In the other process: the same encoder anew."""
    twice: Twice = importlib.import_module(builder).build(settings, weights, device)
    return {extracted.utterance_id: extracted for extracted in twice.inner.encode(items)}


def _is_near(first: NDArray[np.float32] | None, second: NDArray[np.float32] | None) -> bool:
    if first is None or second is None:
        return first is second
    return bool(
        np.abs(first - second).max() <= TOLERANCE * max(np.abs(first).max(), np.abs(second).max())
    )

"""Extraction on a GPU: through the stage, against calls of the networks in large batches.

    python -m benchmarks.gpu --parts encoders [--small]

The stage is `extract_features` with its command line, tables, cache and feature file, no record
cached; its network is loaded, and its batches are recorded, before the clock starts (the first
utterances are a run of their own). `calls` are the network alone, its inputs on the card. Vectors
of the first run must be, byte for byte, those of the second one, where other utterances are
beside them and they have other places in their batches. Without PyAV, sound comes from memory
instead of WAV files: a line says so.
"""

import contextlib
import io
import json
import os
import tempfile
import time
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch

from benchmarks.gpu_inputs import (
    FACES,
    RATE_HZ,
    SECONDS,
    TOKENS,
    Made,
    Network,
    make_faces,
    make_sounds,
    make_texts,
    network_of,
)
from benchmarks.gpu_stage import (
    built_already,
    heard_from_memory,
    name_of,
    peak_of,
    per_second,
    reset_peak,
)
from pipeline.base.records import Modality
from pipeline.config.features import FeaturesSettings
from pipeline.config.settings import dump
from pipeline.features.encoders import hf_text
from pipeline.features.encoders.torch_setup import choose_device
from pipeline.features.store import read_store
from pipeline.stages import extract_features

MOST_THREADS = 14  # of 16 cores: one launches, one reads
SKIPPED = 1  # utterances of the second run before those of the first
FEW = {"text": ("batch_tokens", 64), "audio": ("batch_seconds", 1), "visual": ("batch_faces", 4)}
ENCODERS = {"text": "deberta", "audio": "wav2vec", "visual": "manet"}


@dataclass(frozen=True)
class Amount:
    """How much of a modality is measured."""

    n: int  # utterances
    first: int  # of them, that are a run of their own before, `SKIPPED` left out
    rows: int  # of a call
    unit: str
    per_utterance: int = 1
    wanted: tuple[int, int] = (0, 0)  # a second on an H100, in float32 and in bfloat16


LARGE: dict[Modality, Amount] = {
    "text": Amount(16_384, 600, 128, "texts", wanted=(2000, 3000)),
    "audio": Amount(4_096, 64, 16, "utterances", wanted=(350, 800)),
    "visual": Amount(1_280, 40, 256, "crops", FACES, wanted=(3000, 8000)),
}
SMALL: dict[Modality, Amount] = {
    "text": Amount(24, 4, 4, "texts"),
    "audio": Amount(3, 1, 1, "utterances"),
    "visual": Amount(3, 1, 2, "crops", 2),
}


def measure(device: torch.device, small: bool = False) -> list[str]:
    """Print a line per encoder and precision as it is known; they come back too."""
    lines: list[str] = []

    def say(line: str) -> None:
        print(line, flush=True)
        lines.append(line)

    threads = 2 if small else min(MOST_THREADS, os.cpu_count() or 1)
    say(f"encoders on {name_of(device)}, {threads} threads; rates per second")
    place = choose_device(device.type)
    precisions = ("float32", "bfloat16") if place.type == "cuda" else ("float32",)
    for modality, amount in (SMALL if small else LARGE).items():
        with tempfile.TemporaryDirectory() as name:
            bench = Bench(Path(name), modality, amount, place, threads, small)
            for precision in precisions:
                say(bench.line(precision, small))
    return lines


class Bench:
    """A made corpus of one modality, and the stage on it."""

    def __init__(
        self,
        folder: Path,
        modality: Modality,
        amount: Amount,
        place: torch.device,
        threads: int,
        small: bool,
    ) -> None:
        self.folder, self.modality, self.amount = folder, modality, amount
        self.place, self.threads = place, threads
        self.is_decoded = find_spec("av") is not None and find_spec("torchaudio") is not None
        self.made = self._make(0.5 if small else SECONDS)
        self.weights = folder / "weights"
        self._place_weights()

    def line(self, precision: str, small: bool) -> str:
        """What one precision gives."""
        settings = {**dump(FeaturesSettings())[self.modality], "precision": precision}
        settings |= {"encoder": ENCODERS[self.modality], "weights": str(self.weights)}
        settings |= dict([FEW[self.modality]] if small else [])
        network = network_of(self.modality, settings, self.place, small)
        calls = self._calls(network, precision, 0.5 if small else SECONDS)

        reset_peak(self.place)
        first, n = self.amount.first, self.amount.n
        with built_already(network), heard_from_memory(not self.is_decoded):
            self._run("first", slice(SKIPPED, SKIPPED + first), settings)
            stage_s = self._run("all", slice(0, n), settings)

        n_units = n * self.amount.per_utterance
        wanted = self.amount.wanted[precision != "float32"]
        target = f" (wanted on an H100: {wanted})" if wanted else ""
        alike = "the same" if self._is_alike(first) else "OTHER"
        where = "" if self.modality != "audio" or self.is_decoded else ", sound from memory"
        return (
            f"{ENCODERS[self.modality]:8}{precision:9} stage {n_units / stage_s:7.0f} "
            f"{self.amount.unit}{target}, calls {calls:7.0f}; {n} utterances in {stage_s:.2f} s; "
            f"{alike} bytes beside others{peak_of(self.place)}{where}"
        )

    def _make(self, seconds: float) -> Made:
        if self.modality == "text":
            return make_texts(self.folder, self.amount.n)
        if self.modality == "audio":
            return make_sounds(self.folder, self.amount.n, seconds, self.is_decoded)
        return make_faces(self.folder, self.folder, self.amount.n, self.amount.per_utterance)

    def _place_weights(self) -> None:
        """Something that has a digest: the network is made in memory."""
        if self.modality != "text":
            self.weights.write_bytes(b"random")
            return
        self.weights.mkdir()
        for name in ("config.json", "model.safetensors"):
            (self.weights / name).write_bytes(b"random")

    def _run(self, name: str, rows: slice, settings: dict[str, Any]) -> float:
        """The stage on an empty cache; seconds."""
        cache = self.folder / f"{name}_{settings['precision']}"
        cache.mkdir()
        if self.modality == "visual":
            (cache / "faces").symlink_to(self.folder / "faces")

        arguments = [
            *self.made.tables(name, rows),
            *("--modality", self.modality, "--device", self.place.type),
            *("--settings", json.dumps({"encoder": settings}), "--threads", str(self.threads)),
            *("--cache", str(cache), "--out", str(self.folder / f"{name}.safetensors")),
        ]

        start_s = time.perf_counter()
        with contextlib.redirect_stdout(None), contextlib.redirect_stderr(io.StringIO()):
            extract_features.main(arguments)
        return time.perf_counter() - start_s

    def _is_alike(self, first: int) -> bool:
        """Whether the first utterances have the vectors that they have among all."""
        alone, among = (read_store(self.folder / f"{k}.safetensors") for k in ("first", "all"))
        same = among.features[SKIPPED : SKIPPED + first]
        is_whole = bool(alone.extracted.all() and among.extracted.all())
        return is_whole and alone.features.tobytes() == same.tobytes()

    def _calls(self, network: Network, precision: str, seconds: float) -> float:
        """Rows a second of the network alone, as one calls it in batches."""
        rows, dtype = self.amount.rows, getattr(torch, precision)
        model = network.model
        with torch.inference_mode():
            if self.modality == "text":
                ids = torch.randint(4, 400, (rows, TOKENS), device=self.place)
                mask = torch.ones_like(ids)
                return per_second(lambda: hf_text.masked_sum(model, 4, ids, mask), rows, ids)
            if self.modality == "audio":
                sound = torch.randn(rows, int(seconds * RATE_HZ), device=self.place, dtype=dtype)
                return per_second(lambda: model(sound), rows, sound)
            faces = torch.rand(rows, 3, 224, 224, device=self.place, dtype=dtype)
            return per_second(lambda: model.embed(faces), rows, faces)

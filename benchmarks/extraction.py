"""How much of extraction is encoder and detector, and how much faster it is than one by one.

Three times, on the same utterances, with the networks loaded and their digests known before the
clock starts:
  stage          the stages as the workflow runs them, no record cached: decode, encode, keep, write
  calls          their detector and encoder calls alone, the inputs already in memory
  one by one     for every utterance open the file, seek, decode, one forward pass per waveform,
                 text or face (benchmarks/one_by_one.py)
Faces are the stages crop_faces and extract_features together. The clips are made here
(benchmarks/talks.py), or `--videos` names a folder with `utterances.csv` beside its videos.

Three clocks: `wall`; `CPU` of all threads and of the process that decodes, which other programs
disturb less; `cores`, the CPU of this thread (which reads) or of all the others, whichever is more.
Ratios are medians over the rounds, in which the ways take turns.

    python -m benchmarks.extraction
"""

import argparse
import contextlib
import io
import itertools
import json
import tempfile
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from benchmarks.clocks import CLOCKS, seconds
from benchmarks.one_by_one import FacesOneByOne, shrink, voice_of
from benchmarks.talks import Talks, make_talks, read_talks
from pipeline.base.records import MODALITIES, FaceRow, Modality, Utterance
from pipeline.base.tables import read_rows
from pipeline.base.workers import side_by_side
from pipeline.config.faces import CropFacesSettings
from pipeline.config.features import FeaturesSettings
from pipeline.config.settings import dump
from pipeline.features.cache.extractor import Encoded, Item
from pipeline.features.encoders import visual
from pipeline.features.encoders.driver import Overlapped
from pipeline.features.extraction import EncoderChoice
from pipeline.features.faces.crop_cache import CropCache
from pipeline.features.faces.crops import read_crops
from pipeline.features.weights.locating import locate_weights
from pipeline.media.detectors import open_detector
from pipeline.media.video import sample_frames
from pipeline.stages import crop_faces, extract_features

Picture = NDArray[np.uint8]
Vector = NDArray[np.float32]

RATE_HZ = 16000
LIMITS = {"audio": 1.2, "text": 1.2, "faces": 1.3}  # of stage / calls
MIN_SPEEDUP = 2.0
_exhaust: Callable[[Iterable[Any]], None] = deque(maxlen=0).extend


class Bench:
    """Talks, loaded networks, and the three ways to run them."""

    def __init__(self, talks: Talks, folder: Path, threads: int) -> None:
        self.talks, self.folder, self.threads = talks, folder, threads
        self.faces = CropFacesSettings(which_face="single")
        self.sections = dump(FeaturesSettings())
        self.detector = open_detector(
            self.faces.detector,
            weights=None,
            min_face_px=self.faces.min_face_px,
            min_confidence=self.faces.min_confidence,
            device="cpu",
        )
        self.extractors = {modality: self._load(modality) for modality in MODALITIES}
        crop_faces.open_detector = lambda *_, **__: self.detector
        EncoderChoice.build = lambda choice: self.extractors[choice.modality]

    def stage(self, what: str) -> Callable[[], None]:
        """The stages of one kind; each call has a cache without records."""
        names = (f"cache{k}" for k in itertools.count())

        def call() -> None:
            cache = self.folder / what / next(names)
            cache.mkdir(parents=True)
            (cache / "digests").symlink_to(self.folder / "weights" / "digests")
            self._run_stages(what, cache)

        return call

    def calls(self, what: str) -> Callable[[], None]:
        """The detector and encoder calls of one kind, their inputs read before."""
        if what == "faces":
            return self._face_calls()
        extractor = self.extractors[what]
        pairs = extractor.read([self._item(what, utterance) for utterance in self.talks.utterances])
        inputs = [given for _, given in pairs if not isinstance(given, Encoded)]
        return lambda: _exhaust(side_by_side(extractor.embed, inputs, self.threads))

    def one_by_one(self, what: str) -> Callable[[], None]:
        """The way of the field, with as many threads inside of each forward pass."""
        torch.set_num_threads(self.threads)
        if what == "faces":
            way = FacesOneByOne(self.faces, self._embed_one)
            return lambda: _exhaust(
                way(utterance, self.talks.root) for utterance in self.talks.utterances
            )

        extractor = self.extractors[what]
        if what == "text":
            items = [self._item(what, utterance) for utterance in self.talks.utterances]
            return lambda: _exhaust(
                extractor.embed(given) for item in items for _, given in extractor.read([item])
            )

        voices = (
            partial(voice_of, utterance, self.talks.root, RATE_HZ)
            for utterance in self.talks.utterances
        )
        return lambda waiting=[*voices]: _exhaust(extractor.embed(voice()) for voice in waiting)

    def _run_stages(self, what: str, cache: Path) -> None:
        with contextlib.redirect_stdout(None), contextlib.redirect_stderr(io.StringIO()):
            if what != "faces":
                self._extract(what, cache)
                return
            settings = json.dumps(dump(self.faces))
            crop_faces.main([*self._arguments(cache, "faces.csv"), "--settings", settings])
            self._extract("visual", cache, "--faces", str(self.folder / "faces.csv"))

    def _extract(self, modality: str, cache: Path, *more: str) -> None:
        settings = json.dumps({"encoder": self.sections[modality]})
        arguments = self._arguments(cache, f"{modality}.safetensors")
        extract_features.main([*arguments, "--modality", modality, "--settings", settings, *more])

    def _arguments(self, cache: Path, out: str) -> list[str]:
        return [
            *("--utterances", str(self.talks.table), "--media", str(self.talks.media)),
            *("--root", str(self.talks.root), "--cache", str(cache), "--device", "cpu"),
            *("--threads", str(self.threads), "--out", str(self.folder / out)),
        ]

    def _load(self, modality: Modality) -> Overlapped[Any]:
        settings = self.sections[modality]
        weights = locate_weights(modality, settings, self.folder / "weights")
        extractor = EncoderChoice(modality, settings, weights, "cpu").build()
        assert isinstance(extractor, Overlapped)
        return extractor

    def _item(self, what: str, utterance: Utterance) -> Item:
        return Item(utterance, self.talks.root / utterance.media if what == "audio" else None)

    def _face_calls(self) -> Callable[[], None]:
        """Detect on views and encode crops that a run of the stages left behind."""
        views = []
        for path, spans in self._spans().items():
            for frame in sample_frames(path, spans, self.faces.fps):
                views.append(shrink(frame.image, self.faces.detect_width_px))
        with tempfile.TemporaryDirectory(dir=self.folder) as name:
            self._run_stages("faces", Path(name))
            cache = CropCache(Path(name))
            rows = read_rows(self.folder / "faces.csv", FaceRow)
            archives = [cache.path(row.archive) for row in rows if row.archive]
            crops = {path: read_crops(path) for path in archives}

        def call() -> None:
            _exhaust(side_by_side(lambda view: self.detector.detect([view]), views, self.threads))
            with _crops_from(crops.__getitem__):
                _exhaust(side_by_side(self.extractors["visual"].embed, archives, self.threads))

        return call

    def _embed_one(self, crop: Picture) -> Vector:
        with _crops_from(lambda _: [crop]):
            vector: Vector = self.extractors["visual"].embed(Path())
            return vector

    def _spans(self) -> dict[Path, list[tuple[float, float]]]:
        spans: dict[Path, list[tuple[float, float]]] = {}
        for utterance in self.talks.utterances:
            spans.setdefault(self.talks.root / utterance.media, []).append(
                (utterance.start_s, utterance.end_s)
            )
        return spans


def measure(bench: Bench, kinds: Sequence[str], n_rounds: int) -> None:
    """Print a line per kind and clock."""
    print(f"{len(bench.talks.utterances)} utterances, {bench.threads} thread(s), {n_rounds} rounds")
    print(f"{'':14}{'stage':>9}{'calls':>9}{'ratio':>8}{'limit':>7}{'one by one':>13}{'faster':>9}")
    totals = []

    for what in kinds:
        ways = [bench.stage(what), bench.calls(what), bench.one_by_one(what)]
        ways[0]()  # once for nothing: file caches, lazy imports
        rounds = np.array([[seconds(way) for way in ways] for _ in range(n_rounds)])
        totals.append(rounds)

        for clock, name in enumerate(CLOCKS):
            stage, calls, single = np.median(rounds[:, :, clock], axis=0)
            ratio = np.median(rounds[:, 0, clock] / rounds[:, 1, clock])
            faster = np.median(rounds[:, 2, clock] / rounds[:, 0, clock])
            print(
                f"{what:6}{name:8}{stage:8.2f}s{calls:8.2f}s{ratio:8.2f}{LIMITS[what]:7.1f}"
                f"{single:12.2f}s{faster:8.2f}x",
                flush=True,
            )

    for clock, name in enumerate(CLOCKS):
        stage, _, single = sum(totals)[:, :, clock].T
        faster = np.median(single / stage)
        print(f"{'all':6}{name:8}{faster:.2f}x faster than one by one (wanted: {MIN_SPEEDUP:.0f}x)")


def main() -> None:
    """Make or find the talks, measure."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--videos", type=Path, help="folder with utterances.csv beside its videos")
    parser.add_argument("--n-videos", type=int, default=3, help="talks to make")
    parser.add_argument("--seconds", type=int, default=40, help="length of each made talk")
    parser.add_argument("--threads", type=int, default=1, help="as the rules of the workflow: 1")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--kinds", nargs="+", choices=LIMITS, default=list(LIMITS))
    args = parser.parse_args()

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if args.videos is None:
            talks = make_talks(folder, args.n_videos, args.seconds)
        else:
            talks = read_talks(folder, args.videos)
        measure(Bench(talks, folder, args.threads), args.kinds, args.rounds)


@contextlib.contextmanager
def _crops_from(source: Callable[[Path], Iterable[Picture]]) -> Iterator[None]:
    """Let the visual extractor take crops from memory."""
    real = visual.iter_crops
    visual.iter_crops = source
    try:
        yield
    finally:
        visual.iter_crops = real


if __name__ == "__main__":
    main()

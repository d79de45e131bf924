"""The runs of one method at one rate, as a stage is asked for them: each is read when it is due."""

from argparse import Namespace
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pipeline.conversations.reading import read_fold
from pipeline.training.conditions import read_conditions
from pipeline.training.requests import SEEN, RunRequest
from pipeline.training.settings import RunSettings


@dataclass(frozen=True)
class MethodRuns:
    """What all folds and seeds have alike."""

    settings: RunSettings
    tables: tuple[Path, Path, Path]  # utterances, labels, splits
    features: tuple[Path, ...]
    availability: tuple[Path, ...]
    code: str
    train_rate: str
    device: str
    threads: int

    @classmethod
    def of(cls, args: Namespace, settings: RunSettings) -> "MethodRuns":
        """From the options of stage `train`."""
        tables = (args.utterances, args.labels, args.splits)
        stores = (tuple(args.features), tuple(args.availability))
        return cls(settings, tables, *stores, args.code, args.train_rate, args.device, args.threads)

    def request(self, fold: int, seed: int) -> RunRequest:
        """One of them."""
        tables = read_fold(*self.tables, fold)
        index, names = tables.visible(*SEEN), self.settings.validation_rates(self.train_rate)
        validation = index.numbers_of(tables.roles["validation"])
        stored = list(self.availability)
        masks = read_conditions(stored, names, fold, tables.labels, index, validation)
        asked = (self.code, self.train_rate, fold, seed, self.device, self.threads)
        return RunRequest(self.settings, *asked, tables, self.features, masks)

    def others(self, fold: int, seed: int, named: list[str]) -> Iterator[RunRequest]:
        """Of those named FOLD:SEED all but one, those after it first."""
        pairs = [(int(fold), int(seed)) for fold, seed in (name.split(":") for name in named)]
        own = (fold, seed)
        place = pairs.index(own) if own in pairs else 0
        for pair in pairs[place:] + pairs[:place]:
            if pair != own:
                yield self.request(*pair)

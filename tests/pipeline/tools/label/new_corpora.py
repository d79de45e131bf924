"""A corpus as the workflow leaves it, to be changed and labelled."""

import csv
from dataclasses import replace

import numpy as np

from pipeline.base.records import Utterance
from pipeline.base.tables import write_rows
from pipeline.features.cache.extractor import STATUSES
from pipeline.features.store import read_store, table_digest, write_store
from pipeline.tools.label.__main__ import main


class NewCorpus:
    """Utterances and stores of a task, without its labels; `write` puts them into `folder`."""

    def __init__(self, files, folder):
        self.folder, self.utterances = folder, list(files.utterances)
        ids = [utterance.utterance_id for utterance in self.utterances]
        self.stores = {path.stem: read_store(path, ids) for path in files.features}

    def keep(self, wanted):
        """Only the utterances of these ids."""
        rows = [
            r for r, utterance in enumerate(self.utterances) if utterance.utterance_id in wanted
        ]
        self.utterances = [self.utterances[row] for row in rows]
        self.take(rows)

    def take(self, rows, **others):
        """Only these rows of the stores, in this order."""
        self.stores = {
            m: replace(
                store,
                features=store.features[rows],
                extracted=store.extracted[rows],
                status=store.status[rows],
                **others,
            )
            for m, store in self.stores.items()
        }

    def repeat(self, n):
        """One dialogue of n utterances, which are those of the corpus again and again."""
        rows = [number % len(self.utterances) for number in range(n)]
        self.take(rows, seconds=None)
        self.utterances = [
            replace(
                self.utterances[row],
                utterance_id=f"long_{turn}",
                dialogue_id="long",
                turn=turn,
                speaker="FM"[turn % 2],
            )
            for turn, row in enumerate(rows)
        ]

    def lose(self, modality, *ids):
        """Nothing was found of these utterances in one modality; of all without `ids`."""
        store = self.stores[modality]
        gone = np.array([not ids or utterance.utterance_id in ids for utterance in self.utterances])
        features = np.where(gone[:, None], 0, store.features)[:, : store.dim if ids else 0]
        status = np.where(gone, STATUSES.index("no_face"), store.status).astype(np.uint8)
        self.stores[modality] = replace(
            store, features=features, extracted=status == 0, status=status
        )

    def write(self):
        """The folder, written."""
        write_rows(self.folder / "utterances.csv", self.utterances, Utterance)
        table = table_digest([utterance.utterance_id for utterance in self.utterances])
        for name, store in self.stores.items():
            header = replace(store.header, table=table)
            path = self.folder / "features" / f"{name}.safetensors"
            write_store(path, replace(store, header=header))
        return self.folder


def label(run, corpus, out, *more):
    """Run the command with one run, or several; the rows of its table."""
    runs = run if isinstance(run, list) else [run]
    main([*map(str, runs), str(corpus), "--out", str(out), "--device", "cpu", *more])
    return read_table(out / "labels.csv")


def read_table(path):
    with path.open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))

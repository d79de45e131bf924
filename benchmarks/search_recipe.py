"""The search for our recipe: small candidates, scored inside training data alone.

Of a task's fold 0 the roles train and validation are pooled (`--roles`; the role test is never
opened) and cut into four parts by session, or by dialogue where there is one session: a candidate
trains on three and is scored on the fourth, so on as much data as a run of that fold trains on. The
score is weighted F1 in %: mean over the missing rates 0.0 to 0.7, and over all subsets of
modalities. The weights scored are those of the last epoch: no epoch is chosen.

    python -m benchmarks.search_recipe --root build --task hazumi3 --corpus hazumi --set width=64

One line of JSON a candidate, appended to `--out`, is the table of docs/recipe.md.
"""

import argparse
import itertools
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from benchmarks.recipe_candidates import Candidate, Padded
from benchmarks.recipe_networks import CandidateSettings
from pipeline.base.records import MODALITIES, Role
from pipeline.config.tasks import ScoredTask
from pipeline.conversations.dataset import (
    Conversations,
    build_conversations,
    fit_standardization,
    standardize,
)
from pipeline.conversations.reading import FoldTables, Stores, read_fold, read_stores
from pipeline.protocol.availability import spread, withhold
from pipeline.protocol.selection import selection_score

RATES = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7)
N_PARTS, MASK_SEED = 4, 4100


@dataclass(frozen=True)
class Pool:
    """What the search sees of a task: conversations of the pooled roles, and their part."""

    conversations: Conversations
    part: NDArray[np.int64]  # (D,) of each dialogue
    task: ScoredTask


@dataclass(frozen=True)
class Score:
    """Weighted F1 in %: mean over rates, over subsets; each."""

    rates: tuple[float, ...]
    subsets: Mapping[str, float]


@dataclass(frozen=True)
class Told:
    """What a candidate says of a part under each mask, and the truth."""

    outputs: Mapping[str, NDArray[np.float32]]  # rate or subset -> (N, C)
    target: NDArray[np.generic]  # (N,)
    kind: str

    def score(self) -> Score:
        """Of all masks."""
        values = {
            name: 100 * selection_score(self.kind, self.target, outputs, "weighted_f1")
            for name, outputs in self.outputs.items()
        }
        rates = tuple(values.pop(f"{rate}") for rate in RATES)
        return Score(rates, values)

    def save(self, path: Path) -> None:
        """As .npz, for `benchmarks.mix_tries`."""
        path.parent.mkdir(parents=True, exist_ok=True)
        np.savez(path, target=self.target, kind=np.array(self.kind), **self.outputs)

    @classmethod
    def load(cls, path: Path) -> "Told":
        """What `save` wrote."""
        with np.load(path, allow_pickle=False) as stored:
            arrays = dict(stored)
        target, kind = arrays.pop("target"), str(arrays.pop("kind"))
        return cls(arrays, target, kind)


def read_tables(
    root: Path, task: str, corpus: str, roles: Sequence[Role]
) -> tuple[FoldTables, Stores, ScoredTask]:
    """Fold 0 of a task that the workflow laid out, its features, and classes seen in roles."""
    where = root / task
    tables = read_fold(
        root / corpus / "utterances.csv", where / "labels.csv", where / "splits.csv", 0
    )
    paths = sorted((root / corpus / "features").glob("*.safetensors"))
    texts = sorted({tables.labels[row].label for row in tables.visible(*roles).label_rows})
    numeric = all(_is_number(text) for text in texts)
    scored = ScoredTask(kind="regression") if numeric else ScoredTask(classes=tuple(texts))
    return tables, read_stores(paths, tables.utterances), scored


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def make_pool(
    tables: FoldTables, stores: Stores, task: ScoredTask, roles: Sequence[Role], limit: int = 0
) -> Pool:
    """The dialogues of these roles alone; labels and features of no other one are looked at."""
    if "test" in roles:
        raise ValueError("the search never opens the role test")
    index = tables.visible(*roles)
    session = {row.dialogue_id: row.session for row in tables.utterances}
    names = [session[name] for name in index.dialogue_ids]
    if len(set(names)) >= N_PARTS:
        order = sorted(set(names))
        part = np.array([order.index(name) % N_PARTS for name in names])
    else:
        part = np.random.default_rng(0).permutation(len(names)) % N_PARTS
    return Pool(build_conversations(index, stores, tables.labels, task), part, task)


def try_parts(
    pool: Pool, stores: Stores, settings: CandidateSettings, parts: Sequence[int]
) -> tuple[dict[int, Told], int, float]:
    """A candidate on some of the parts: what it says of each, parameters, seconds of one CPU."""
    start = time.process_time()
    found, n_parameters = {}, 0

    for part in parts:
        train, scored = (np.flatnonzero(pool.part != part), np.flatnonzero(pool.part == part))
        index = pool.conversations.index
        rows = index.store_rows[index.utterances_of(train)]
        fitted = standardize(stores, fit_standardization(stores, rows))

        features = {m: torch.from_numpy(fitted[m].features) for m in fitted}
        conversations = replace(pool.conversations, features=features)

        candidate = Candidate(
            settings, conversations, pool.task, seed=part + N_PARTS * settings.seed
        )
        candidate.train(train)
        n_parameters = candidate.count_parameters()
        found[part] = _ask(candidate, conversations, scored, pool.task)
    return found, n_parameters, time.process_time() - start


def _ask(
    candidate: Candidate, conversations: Conversations, scored: NDArray[np.int64], task: ScoredTask
) -> Told:
    """At the rates, and with each subset of the modalities alone."""
    index = conversations.index
    places = index.utterances_of(scored)
    names = tuple(conversations.features)
    columns = [MODALITIES.index(name) for name in names]
    extracted = conversations.extracted.numpy()[places][:, columns]

    masks = {}
    for number, rate in enumerate(RATES):
        rng = np.random.default_rng([MASK_SEED, number])
        masks[f"{rate}"] = spread(withhold(extracted, rate, "gcnet", rng), names)
    for size in range(1, len(names) + 1):
        for subset in itertools.combinations(names, size):
            kept = np.array([name in subset for name in names])
            masks["+".join(subset)] = spread(np.broadcast_to(kept, extracted.shape), names)

    batch = Padded.of(conversations, scored)
    told = {name: candidate.predict(batch, mask) for name, mask in masks.items()}
    return Told(told, conversations.labels.numpy()[places], task.kind)


def summary(scores: Sequence[Score]) -> dict[str, object]:
    """Means over parts, as written down."""
    rates = np.mean([score.rates for score in scores], axis=0)
    subsets = {
        name: round(float(np.mean([score.subsets[name] for score in scores])), 1)
        for name in scores[0].subsets
    }
    return {
        "ume": round(float(rates.mean()), 2),
        "subset_mean": round(float(np.mean(list(subsets.values()))), 2),
        "rates": [round(float(rate), 1) for rate in rates],
        "subsets": subsets,
        "by_part": [round(float(np.mean(score.rates)), 1) for score in scores],
    }


def main(argv: Sequence[str] | None = None) -> None:
    """Read the command line, train, write a line."""
    args = _parser().parse_args(argv)
    torch.set_num_threads(1)

    tables, stores, task = read_tables(args.root, args.task, args.corpus, args.roles)
    pool = make_pool(tables, stores, task, args.roles)
    changes = dict(change.split("=", 1) for change in args.set)
    kinds = {setting.name: type(setting.default) for setting in fields(CandidateSettings)}
    settings = CandidateSettings(**{name: kinds[name](value) for name, value in changes.items()})

    told, n_parameters, seconds = try_parts(pool, stores, settings, args.parts)
    line = {"task": args.task, "set": changes, "parts": args.parts}
    line |= summary([said.score() for said in told.values()])
    line |= {"parameters": n_parameters, "seconds": round(seconds)}
    print(json.dumps(line), flush=True)

    if args.keep:
        for part, said in told.items():
            said.save(args.keep / f"{part}.npz")
    if args.out:
        with args.out.open("a") as file:
            file.write(json.dumps(line | {"settings": asdict(settings)}) + "\n")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--root", type=Path, required=True, help="build folder of the workflow")
    parser.add_argument("--task", required=True)
    parser.add_argument("--corpus", required=True)
    parser.add_argument(
        "--roles", nargs="+", default=["train", "validation"], choices=["train", "validation"]
    )
    parser.add_argument("--parts", nargs="+", type=int, default=list(range(N_PARTS)))
    parser.add_argument("--set", nargs="*", default=[], metavar="NAME=VALUE")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--keep", type=Path, help="folder for what is said of each part (.npz)")
    return parser


if __name__ == "__main__":
    main()

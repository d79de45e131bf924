"""How large the page of a study of CMU-MOSEI's size is, and how long Chromium takes to open it.

The corpus is synthetic: 22,856 utterances of 3,292 dialogues with words, all of them tested in five
folds, at eight missing rates and under all subsets of three modalities, by four methods. The stages
make tables, masks, scores and page, in this process, one after the other; what methods say is drawn
at random, for a page of CMU-MOSEI's size needs no training. It is opened several times from the
file.

    python -m benchmarks.report_size            # minutes; --keep FOLDER keeps and reuses the study
"""

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from contextlib import chdir, redirect_stdout
from importlib import import_module
from io import StringIO
from pathlib import Path

import numpy as np

from benchmarks.sizes import MODALITIES, Size, write_study
from pipeline.base.artefacts import safe_name
from pipeline.base.files import write_json, write_text
from pipeline.config.configuration import read_config
from pipeline.config.settings import dump
from pipeline.conversations.reading import FoldTables, read_fold
from pipeline.evaluation.calibration import Judged, calibrate
from pipeline.evaluation.predictions import write_predictions
from pipeline.rules.decisions import Decisions
from pipeline.rules.plan import Plan, Run

CHROMIUM = Path("/usr/bin/chromium")
LIMIT_MB, LIMIT_S = 15, 2
MOSEI = Size(
    n_dialogues=3292,
    n_utterances=7,
    n_classes=7,
    methods=("gcnet", "gru", "logistic", "late_fusion"),
)
N_UTTERANCES = 22_856
RATES = [0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7]
N_WORDS = 20  # of an utterance, as in CMU-MOSEI
BUILD = Path("build")
PAGE = BUILD / "report/study/index.html"


def write_mosei(folder: Path, size: Size, n_utterances: int, rng: np.random.Generator) -> None:
    """Features, words and configuration; rows beyond `n_utterances` are taken off the last ones."""
    write_study(folder, size, rng)
    path = folder / "features/f.npz"
    with np.load(path) as found:
        arrays = {name: found[name][:n_utterances] for name in found.files}

    n = len(arrays["turn"])
    letters = rng.choice(list("aeiounrstl"), (n, N_WORDS, 4))
    words = [" ".join("".join(word) for word in row) for row in letters.tolist()]
    np.savez(path, **arrays, sentence=np.array(words))

    config = json.loads((folder / "config.yaml").read_text(encoding="utf-8"))
    config["tasks"]["t"] |= {"folds": {"by": "dialogues", "k": 5}, "conditions": ["subsets"]}
    config["protocol"]["rates"] = RATES
    config["report"] = {"text": True}
    write_text(folder / "config.yaml", json.dumps(config))


def write_runs(plan: Plan, rng: np.random.Generator) -> None:
    """What predict leaves of every run, at random and right more often than not."""
    places = [Path("build", name) for name in ("c/utterances.csv", "t/labels.csv", "t/splits.csv")]
    tables = {fold: read_fold(*places, fold) for fold in plan.folds("t")}
    for trained in plan.runs("t"):
        _write_run(plan, trained, tables[trained.fold], rng)


def _write_run(plan: Plan, run: Run, tables: FoldTables, rng: np.random.Generator) -> None:
    folder, task = Path(run.folder), plan.config.tasks["t"].scored
    tested = set(tables.roles["test"])
    dialogue_of = {row.utterance_id: row.dialogue_id for row in tables.utterances}
    rows = [row for row in tables.labels if dialogue_of[row.utterance_id] in tested]
    ids = [row.utterance_id for row in rows]
    labels = [row.label for row in rows]
    targets = np.array([task.classes.index(label) for label in labels])

    rates = plan.test_rates("t", run.method, run.train_rate)
    outputs = rng.normal(size=(len(rates), len(rows), len(task.classes))).astype(np.float32)
    outputs[:, np.arange(len(rows)), targets] += 1.5
    dialogues = [dialogue_of[name] for name in ids]
    write_predictions(
        folder / "predictions.csv", rates, ids, dialogues, labels, outputs, task.classes
    )

    flat = outputs.reshape(-1, len(task.classes))
    patterns = rng.choice(["audio", "audio+text", "audio+text+visual"], len(flat))
    judged = Judged(flat, np.tile(targets, len(rates)), patterns, np.tile(ids, len(rates)))
    told = calibrate(task, judged, judged, "validation", gives_logits=True)
    write_json(folder / "calibration.json", dump(told))

    named = {"task": "t", "method": run.method, "train_rate": run.train_rate}
    facts = {**named, "fold": run.fold, "seed": run.seed, "selection": "validation"}
    facts |= {"device": "none", "best_epoch": 1, "best_score": 0.5, "n_epochs": 1}
    facts |= {"versions": {}, "key": "", "settings": {"code": ""}}
    write_json(folder / "run.json", facts)
    write_text(
        folder / "history.csv", "epoch,phase,loss,loss_task,validation\n1,train,1.0,1.0,0.5\n"
    )


def make_tables(plan: Plan) -> None:
    """Labels, splits, masks and parameters, as their rules do."""
    of_corpus = {name: BUILD / f"c/{name}.csv" for name in ("utterances", "annotations")}
    made = dict(of_corpus)
    made |= {name: BUILD / f"c/features/{name}.safetensors" for name in MODALITIES}
    out = {f"out_{name}": path for name, path in made.items()}
    features = plan.config.corpora["c"].root
    told = {"corpus": "c", "root": features, "out_corpus": BUILD / "c/corpus.json"}
    _stage(plan, "import_features", {"corpus": "c"}, **told, **out)
    _stage(plan, "check_tasks", {"corpus": "c"}, **of_corpus, out=BUILD / "c/tasks.json")
    of_task = {"labels": BUILD / "t/labels.csv", "splits": BUILD / "t/splits.csv"}
    out = {f"out_{name}": path for name, path in of_task.items()}
    _stage(plan, "assign_splits", {"task": "t"}, task="t", **of_corpus, **out)
    _stage(plan, "count_parameters", None, out=BUILD / "parameters.csv")

    stores, seed = plan.features("t"), plan.config.protocol.mask_seed
    drawn = {"utterances": of_corpus["utterances"], **of_task, "features": stores}
    for path, condition in zip(plan.masks("t"), plan.conditions("t"), strict=True):
        wildcards = {"task": "t", "rate": safe_name(condition)}
        _stage(plan, "draw_availability", wildcards, **drawn, mask_seed=seed, out=path)


def score_and_report(plan: Plan) -> None:
    """As their rules do."""
    runs = [f"{run.folder}/run.json" for run in plan.runs("t")]
    tables = {"utterances": BUILD / "c/utterances.csv"}
    tables |= {name: BUILD / f"t/{name}.csv" for name in ("labels", "splits")}
    out = {"out": BUILD / "t/scores.csv", "out_reliability": BUILD / "t/reliability.csv"}
    _stage(plan, "score", {"task": "t"}, task="t", runs=runs, **tables, **out)

    names = {"page": PAGE.name, "tables": "tables", "figures": "figures", "card": "study.json"}
    out = {f"out_{kind}": PAGE.parent / name for kind, name in names.items()}
    out["out_settings"] = PAGE.parent / "settings.json"
    given = {"build": BUILD, "cache": "cache", "parameters": BUILD / "parameters.csv"}
    _stage(plan, "report", {}, **given, **out)


def _stage(plan: Plan, name: str, wildcards: dict[str, str] | None, **options: object) -> None:
    """Run a stage in this process; `wildcards` of its rule, None where it has no settings."""
    if wildcards is not None:
        options["settings"] = Decisions(plan).settings(name, wildcards)
    words: list[str] = []
    for option, value in options.items():
        values = value if isinstance(value, list) else [value]
        words += [f"--{option.replace('_', '-')}", *map(str, values)]
    with redirect_stdout(StringIO()):
        import_module(f"pipeline.stages.{name}").main(words)


def opening_times(page: Path, n_times: int) -> list[float]:
    """Seconds from the call until utterances can be looked at, a new browser each time."""
    from playwright.sync_api import sync_playwright

    found = []
    with sync_playwright() as driver:
        for _ in range(n_times):
            browser = driver.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
            tab = browser.new_page(viewport={"width": 1440, "height": 900})
            begun = time.perf_counter()
            tab.goto(page.as_uri())
            tab.locator(".block").first.wait_for()
            found.append(time.perf_counter() - begun)
            browser.close()
    return found


def timed(what: str, work: Callable[[], None]) -> None:
    """Do it and say how many CPU seconds it took."""
    begun = time.process_time()
    work()
    print(f"{what}: {time.process_time() - begun:.0f} CPU s", flush=True)


def main(argv: list[str] | None = None) -> None:
    """Make, score, report, measure."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--keep", type=Path, help="folder of the study, reused where it is there")
    parser.add_argument("--times", type=int, default=5, help="how often the page is opened")
    args = parser.parse_args(argv)

    with tempfile.TemporaryDirectory() as made:
        folder = args.keep or Path(made)
        folder.mkdir(exist_ok=True)
        rng = np.random.default_rng(0)
        if not (folder / "config.yaml").is_file():
            write_mosei(folder, MOSEI, N_UTTERANCES, rng)
        with chdir(folder):
            plan = Plan(read_config(Path("config.yaml")))
            if not Path(plan.runs("t")[-1].folder).is_dir():
                timed("tables and masks", lambda: make_tables(plan))
                timed("predictions at random", lambda: write_runs(plan, rng))
            timed("scores and page", lambda: score_and_report(plan))

        page = folder / PAGE
        size_mb = page.stat().st_size / 1e6
        times = opening_times(page, args.times)
        middle = statistics.median(times)
        print(f"page: {size_mb:.1f} MB (limit {LIMIT_MB})")
        print(f"opened in {middle:.2f} s, {min(times):.2f} to {max(times):.2f} (limit {LIMIT_S})")


if __name__ == "__main__":
    main()

"""One run in a process of its own, as a rule of the workflow starts it: prints what it cost.

    python -m benchmarks.whole_run --side ours --model iteacnet --size mosi --epochs 2

Imports, data, networks, `--epochs` epochs, each evaluated at eight rates, weights of the best one
kept. The time of making the data is part of it for both sides. benchmarks/training.py starts it.
"""

import argparse
import copy
import json
import time
from pathlib import Path

START_S = time.perf_counter()

import numpy as np  # noqa: E402
import torch  # noqa: E402

from benchmarks.synthetic import SIZES, Made, make  # noqa: E402


def run_plain(model: str, made: Made, n_epochs: int) -> None:
    """Plain loop with scikit-learn's score, as GCNet has it."""
    from sklearn.metrics import f1_score

    from benchmarks.sides import Plain

    side, best, kept = Plain(model, made), -1.0, None
    labels = np.concatenate(
        [dialogue["labels"].cpu().numpy() for dialogue in side.dialogues["test"]]
    )
    is_classes = made.size.kind == "classification"
    truth = labels if is_classes else (labels > 0).astype(int)
    for _ in range(n_epochs):
        side.epoch()
        outputs = side.evaluate()
        said = outputs.argmax(axis=2) if is_classes else (outputs[..., 0] > 0).astype(int)
        score = float(
            np.mean([f1_score(truth, predicted, average="weighted") for predicted in said])
        )
        if score > best:
            best, kept = score, copy.deepcopy(side.state())
    assert kept is not None


def run_ours(model: str, made: Made, n_epochs: int) -> None:
    """The trainer of the pipeline; MMIN in its second phase alone."""
    from benchmarks.sides import build, training_data
    from pipeline.training.contracts import TrainOptions
    from pipeline.training.loop import Trainer

    learner = build(model, made)
    phases = learner.phases()[-1:]
    learner.phases = lambda: phases  # type: ignore[method-assign]
    options = TrainOptions(n_epochs, "random", "exact", seed=0)
    Trainer(learner, training_data(made), options).run()


def resident_peak_mib() -> float:
    """Peak of this program; `getrusage` would tell that of the parent if it was higher."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    (peak,) = (line.split()[1] for line in lines if line.startswith("VmHWM:"))
    return int(peak) / 1024


def main() -> None:
    """Run one side; the last line of the output is JSON."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--side", choices=("ours", "plain"), required=True)
    parser.add_argument("--model", choices=("iteacnet", "gcnet", "mmin"), default="iteacnet")
    parser.add_argument("--size", choices=tuple(SIZES), default="iemocap")
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--fraction", type=float, default=1.0)
    parser.add_argument("--all", action="store_true")
    args = parser.parse_args()

    torch.set_num_threads(args.threads)
    made = make(SIZES[args.size], torch.device(args.device), args.fraction, args.all)
    run = run_ours if args.side == "ours" else run_plain
    run(args.model, made, args.epochs)

    is_gpu = args.device == "cuda"
    peak_mib = torch.cuda.max_memory_allocated() / 2**20 if is_gpu else resident_peak_mib()
    used = {"wall_s": time.perf_counter() - START_S, "cpu_s": time.process_time()}
    print(json.dumps({**used, "peak_mib": peak_mib}))


if __name__ == "__main__":
    main()

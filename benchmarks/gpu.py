"""What one GPU is good for here, in under six minutes: encoders, faces, training.

    python -m benchmarks.gpu [--small] [--parts encoders faces training]

Extraction through the stages against calls in large batches (benchmarks/gpu_encoders.py), faces
through the stage against decoding alone (gpu_faces.py), training against plain code, runs side by
side and the paper's tables estimated from them (gpu_training.py). All data and weights are made in
place. Without a GPU everything runs on the CPU, as tests do with `--small`: its rates say nothing.
A part that fails prints its traceback; the others go on, and the exit status is 1.
"""

import argparse
import importlib
import platform
import time
import traceback
from collections.abc import Sequence

import torch

PARTS = ("encoders", "faces", "training")


def main(argv: Sequence[str] | None = None) -> None:
    """Run the parts one after the other."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--small", action="store_true", help="tiny, to see that it runs")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    args = parser.parse_args(argv)
    is_cuda = torch.cuda.is_available() if args.device == "auto" else args.device == "cuda"
    device = torch.device("cuda" if is_cuda else "cpu")

    card = torch.cuda.get_device_name(device) if is_cuda else platform.processor() or "a CPU"
    print(f"{card}; torch {torch.__version__}, Python {platform.python_version()}", flush=True)
    start_s = time.perf_counter()
    failed = [part for part in args.parts if not _measured(part, device, args.small)]
    print(f"\nall of it: {time.perf_counter() - start_s:.0f} s", flush=True)
    if failed:
        raise SystemExit(f"failed: {', '.join(failed)}")


def _measured(part: str, device: torch.device, small: bool) -> bool:
    """Run one part; whether it came to its end."""
    print(f"\n== {part}", flush=True)
    start_s = time.perf_counter()
    try:
        importlib.import_module(f"benchmarks.gpu_{part}").measure(device, small)
    except Exception:  # the others are still worth their minutes
        traceback.print_exc()
        return False
    print(f"-- {part}: {time.perf_counter() - start_s:.0f} s", flush=True)
    return True


if __name__ == "__main__":
    main()

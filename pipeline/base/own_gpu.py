"""Run a command on a GPU of its own: `python -m pipeline.base.own_gpu SHARES COMMAND ARGUMENT...`.

Jobs side by side on one machine all see all of its GPUs, and each would take the first. Here a job
takes one that no other job of this user holds and shows it to its command (CUDA_VISIBLE_DEVICES).
What is held is a lock on a file of this machine, so the kernel gives it back however the job ends.
More jobs than GPUs share them evenly, a job of several SHARES (profiles/gpu) counting as so many. A
job that asks for none (SHARES = 0) is shown none; where there is one GPU, or a scheduler shows just
one, nothing is left to choose.
"""

import fcntl
import os
import sys
import tempfile
from collections.abc import Sequence
from itertools import count
from pathlib import Path

VISIBLE = "CUDA_VISIBLE_DEVICES"


def main(argv: list[str] | None = None) -> None:
    """Choose a GPU, then become the command."""
    shares, *command = (sys.argv[1:] if argv is None else argv) or [""]
    if not shares.isdecimal() or not command:
        raise SystemExit("error: usage: python -m pipeline.base.own_gpu SHARES COMMAND ARGUMENT...")
    seen = visible_gpus()
    if shares == "0":
        os.environ[VISIBLE] = ""
    elif len(seen) > 1:
        os.environ[VISIBLE] = take_one(seen, lock_folder(), int(shares))
        print(f"on GPU {os.environ[VISIBLE]} of {', '.join(seen)}", flush=True)
    os.execvp(command[0], command)


def visible_gpus() -> list[str]:
    """The GPUs that CUDA may use: those that it is shown, or all of the machine."""
    if VISIBLE in os.environ:
        return [name.strip() for name in os.environ[VISIBLE].split(",") if name.strip()]
    # CUDA numbers from 0 what it finds, whatever the names of the device files.
    return [str(number) for number, _ in enumerate(Path("/dev").glob("nvidia[0-9]*"))]


def take_one(gpus: Sequence[str], folder: Path, shares: int) -> str:
    """The first GPU that nobody holds, or that fewest hold; held until this process ends."""
    for holder in count():
        for gpu in gpus:
            if hold(gpu, holder, folder):
                more = (n for n in count() if hold(gpu, n, folder))
                for _ in range(shares - 1):
                    next(more)
                return gpu
    raise AssertionError("count() does not end")


def hold(gpu: str, holder: int, folder: Path) -> bool:
    """Whether this process now is the GPU's holder of this number: nobody was."""
    name = f"{gpu.replace('/', '_')}.{holder}"
    lock = os.open(folder / name, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return False
    os.set_inheritable(lock, True)  # the command goes on holding it
    return True


def lock_folder() -> Path:
    """A folder of this machine, not of a shared disk, that belongs to this user alone."""
    folder = Path(tempfile.gettempdir()) / f"iteacnet-gpus-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.is_symlink() or folder.stat().st_uid != os.getuid():
        raise SystemExit(
            f"error: {folder} belongs to somebody else; set TMPDIR to a folder of yours"
        )
    return folder


if __name__ == "__main__":
    main()

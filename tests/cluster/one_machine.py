"""A real Slurm on this one machine, for a test: munged, slurmctld and slurmd, as root.

Its configuration has to lie in /etc/slurm: the executor plugin drops SLURM_CONF from the
environment of jobs, and srun inside them would find none (reading.md F.3). Files that lie there
are put aside and brought back. Everything else lies in a folder of the test. The node claims
memory and GPUs that it need not have, so the same test runs everywhere; memory limits are enforced.
"""

import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psutil

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "srun", "squeue", "scancel", "setpriv")
ETC = Path("/etc/slurm")
ASIDE = ".before-the-cluster-test"
READY_WITHIN_S = 60
OURS = "# Written by tests/cluster for as long as it runs.\n"
CONFIGURATION = """
ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={ports[0]}
SlurmdPort={ports[1]}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=task=1
JobAcctGatherParams=OverMemoryKill
AccountingStorageType=accounting_storage/none
MinJobAge=3600
KillWait=5
ReturnToService=2
MpiDefault=none
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmdParameters=config_overrides
GresTypes=gpu
NodeName={host} NodeAddr=127.0.0.1 CPUs=2 RealMemory=64000 Gres=gpu:{gpus} State=UNKNOWN
PartitionName=my_partition Nodes=ALL Default=YES State=UP
PartitionName=my_gpu_partition Nodes=ALL State=UP
"""
# Slurm counts device files and numbers them for CUDA; these two are everywhere.
SHAM_GPUS = (Path("/dev/null"), Path("/dev/zero"))


def what_is_missing() -> str | None:
    """Why Slurm cannot be started here; None if it can."""
    if sys.platform != "linux" or os.geteuid() != 0:
        return "needs Linux and root, for /etc/slurm"
    lacking = [name for name in PROGRAMS if shutil.which(name) is None]
    if lacking:
        return f"needs {', '.join(lacking)} (Debian: apt-get install slurm-wlm munge)"
    running = subprocess.run(["scontrol", "ping"], capture_output=True, text=True, check=False)
    if "is UP" in running.stdout:
        return "this machine belongs to a Slurm that is up; /etc/slurm is left alone"
    return None


@contextmanager
def slurm(folder: Path) -> Iterator[None]:
    """Start Slurm; leave nothing behind."""
    with ExitStack() as stack:
        (folder / "spool").mkdir(parents=True)
        (folder / "state").mkdir()
        (folder / "munge.key").write_bytes(secrets.token_bytes(128))
        (folder / "munge.key").chmod(0o600)
        gpus = sorted(Path("/dev").glob("nvidia[0-9]*")) or SHAM_GPUS
        configuration = CONFIGURATION.format(
            folder=folder,
            host=socket.gethostname().split(".")[0],
            ports=free_ports(2),
            gpus=len(gpus),
        )
        stack.enter_context(in_place_of(ETC / "slurm.conf", configuration))
        stack.enter_context(
            in_place_of(ETC / "gres.conf", "".join(f"Name=gpu File={gpu}\n" for gpu in gpus))
        )
        places = {"key-file": "munge.key", "socket": "munge.socket", "pid-file": "munge.pid"}
        places |= {"log-file": "munge.log", "seed-file": "munge.seed"}
        options = [f"--{option}={folder / name}" for option, name in places.items()]
        # Forced, since a folder of a test is often open to its user alone.
        munged = daemon(["munged", "--foreground", "--force", *options], folder)
        wait_for((folder / "munge.socket").exists, stack.enter_context(munged), folder)
        stack.enter_context(daemon(["slurmctld", "-D"], folder))
        slurmd = stack.enter_context(daemon(["slurmd", "-D"], folder))
        wait_for(lambda: "idle" in ask("sinfo", "--noheader", "--format=%T"), slurmd, folder)
        stack.callback(end_jobs)
        yield


@contextmanager
def in_place_of(path: Path, text: str) -> Iterator[None]:
    """A file with other content for a while; one that a killed test left is not brought back."""
    aside = path.with_name(path.name + ASIDE)
    if path.exists() and not path.read_text(encoding="utf-8").startswith(OURS):
        path.rename(aside)
    path.parent.mkdir(exist_ok=True)
    path.write_text(OURS + text, encoding="utf-8")
    try:
        yield
    finally:
        path.unlink()
        if aside.exists():
            aside.rename(path)


@contextmanager
def daemon(command: list[str], folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A program that runs beside the test, and ends with it however it ends."""
    with (folder / f"{command[0]}.out").open("w") as out:
        tied = ["setpriv", "--pdeathsig", "TERM", *command]
        process = subprocess.Popen(tied, stdout=out, stderr=subprocess.STDOUT, cwd=folder)
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def wait_for(is_ready: Callable[[], bool], process: subprocess.Popen[bytes], folder: Path) -> None:
    """Wait until a daemon answers; where it does not, say what the daemons wrote."""
    until = time.monotonic() + READY_WITHIN_S
    while not is_ready():
        if process.poll() is not None or time.monotonic() > until:
            said = "\n".join(path.read_text() for path in sorted(folder.glob("*.out")))
            raise RuntimeError(f"not ready after {READY_WITHIN_S} s: {process.args}\n{said}")
        time.sleep(0.2)


def ask(*command: str) -> str:
    """What a Slurm client prints; "" where it fails."""
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


def end_jobs() -> None:
    """Cancel what still runs, and wait for it: a job must not outlive its Slurm."""
    subprocess.run(["scancel", "--user=root"], check=False)
    until = time.monotonic() + 20
    while ask("squeue", "--noheader", "--format=%i") and time.monotonic() < until:
        time.sleep(0.5)


def at_work_in(folder: Path) -> set[str]:
    """Names of the programs that run in a folder: daemons, jobs, Snakemake."""
    running = psutil.process_iter(["name", "cwd"])
    return {
        process.info["name"]
        for process in running
        if str(process.info["cwd"]).startswith(str(folder))
    }


def free_ports(n: int) -> list[int]:
    """Ports of this machine that nobody listens on."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(n)]
        for bound in sockets:
            bound.bind(("127.0.0.1", 0))
        return [bound.getsockname()[1] for bound in sockets]

"""`make fresh-test`: README's commands as a newcomer types them, on a machine that has nothing yet.

A minimal Debian 13 (Python 3.13) is made in a temporary folder, a clean clone of what is committed
is put there, and a user of no rights runs `make run` and the tests marked `fresh`. Everything runs
in namespaces of its own, so that mounts and processes end with it, whatever happens; the folder is
removed. Ends with 0 where it passed or cannot run here (the reason is printed), with 1 otherwise.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.environment.locks import ROOT

MINUTES = 20
GIGABYTES = 10  # the system 0.5, packages 5, uv's cache shares their bytes, pip, and the demo
SCRIPT = Path(__file__).with_name("fresh_root.sh")
# How this machine reaches its package registries, and trusts them.
PASSED_ON = re.compile(
    r"(PIP_(INDEX_URL|EXTRA_INDEX_URL|TRUSTED_HOST|CERT|PROXY|DEFAULT_TIMEOUT)|UV_.*|SSL_CERT_FILE"
    r"|REQUESTS_CA_BUNDLE|(https?|no|all)_proxy)",
    re.IGNORECASE,
)
SETTINGS = ("/etc/pip.conf", "~/.config/pip/pip.conf", "~/.pip/pip.conf", "/etc/uv/uv.toml",
            "~/.config/uv/uv.toml")  # fmt: skip


def why_not() -> str:
    """Why this machine cannot make another inside itself; empty where it can."""
    if os.geteuid() != 0:
        return "only root can make a system of its own"
    for program in ("debootstrap", "unshare", "chroot", "git"):
        if shutil.which(program) is None:
            return f"{program} is not installed"
    refused = subprocess.run(["unshare", "--mount", "--pid", "--fork", "true"], capture_output=True)
    if refused.returncode:
        return f"no namespaces here: {refused.stderr.decode(errors='replace').strip()}"
    free = shutil.disk_usage(tempfile.gettempdir()).free / 1e9
    if free < GIGABYTES:
        return f"{tempfile.gettempdir()} has {free:.0f} GB free, and {GIGABYTES} are needed"
    return ""


def mirror() -> str:
    """The Debian mirror that apt uses here, else the public one."""
    sources = [Path("/etc/apt/sources.list"), *Path("/etc/apt/sources.list.d").glob("*")]
    text = "\n".join(path.read_text(errors="replace") for path in sources if path.is_file())
    found = re.search(r"^(?:URIs:|deb(?: \[.*?\])?) *(https?://\S+/debian)/?(?:\s|$)", text, re.M)
    return found.group(1) if found else "http://deb.debian.org/debian"


def run(folder: Path) -> int:
    """Build and test in `folder`; 0 where all passed."""
    kept = {name: value for name, value in os.environ.items() if PASSED_ON.fullmatch(name)}
    (folder / "environment").write_text("".join(f"{name}={kept[name]}\n" for name in sorted(kept)))
    settings = [path for name in SETTINGS if (path := Path(name).expanduser()).is_file()]
    command = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "bash", str(SCRIPT)]
    arguments = [str(folder), str(ROOT), mirror(), *map(str, settings)]
    try:
        return subprocess.run([*command, *arguments], timeout=MINUTES * 60).returncode
    except subprocess.TimeoutExpired:
        print(f"error: not done after {MINUTES} minutes", file=sys.stderr)
        return 1


def main() -> int:
    """Print what happens; see the module."""
    if reason := why_not():
        print(f"fresh-test skipped: {reason}")
        return 0

    began = time.monotonic()
    for number in (signal.SIGTERM, signal.SIGHUP):  # as Ctrl-C: the child is killed, all is removed
        signal.signal(number, lambda *_: sys.exit(1))
    folder = Path(tempfile.mkdtemp(prefix="fresh-"))
    try:
        failed = run(folder)
    finally:
        subprocess.run(["rm", "-rf", "--one-file-system", str(folder)], check=True)

    state = "failed" if failed else "passed"
    print(f"fresh-test {state} after {(time.monotonic() - began) / 60:.1f} minutes")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

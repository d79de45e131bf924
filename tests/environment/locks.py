"""What the two locks hold, and for which machines they are made."""

import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
USERS, TOOLS = ROOT / "requirements.lock", ROOT / "requirements-dev.lock"


def supported_pythons() -> list[str]:
    """Minor versions that `requires-python` of pyproject.toml admits."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    admitted = SpecifierSet(project["requires-python"])
    return [f"3.{minor}" for minor in range(30) if f"3.{minor}.5" in admitted]


def entries_of(lock: Path) -> list[Requirement]:
    """The pinned packages of a lock, without their hashes, in its order."""
    lines = lock.read_text(encoding="utf-8").splitlines()
    return [
        Requirement(line.removesuffix("\\").strip())
        for line in lines
        if line and not line.startswith((" ", "#"))
    ]


def names_of(requirements: Path) -> set[str]:
    """Packages that a requirements.in, an overrides.txt or an excludes.txt names."""
    lines = [line.split("#")[0].strip() for line in requirements.read_text().splitlines()]
    return {canonicalize_name(Requirement(line).name) for line in lines if line}


def versions_on(lock: Path, python: str, system: str, machine: str) -> dict[str, set[str]]:
    """Package to the versions that an installer takes from `lock` on one kind of machine."""
    there = {
        "python_version": python,
        "python_full_version": f"{python}.5",
        "sys_platform": system.lower(),
        "platform_system": system,
        "platform_machine": machine,
        "os_name": "posix",
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
    }

    found: dict[str, set[str]] = {}
    for entry in entries_of(lock):
        if entry.marker is None or entry.marker.evaluate(there):
            found.setdefault(canonicalize_name(entry.name), set()).add(str(entry.specifier))

    return found

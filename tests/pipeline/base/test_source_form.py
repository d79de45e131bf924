"""What a source says: the same in every Python that reads it, and wherever our modules lie.

Compared are the forms and digests that different Pythons write of the same files, and those of our
whole tree before and after every module of it has got another name and another folder.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.base import provenance
from pipeline.base.source_form import form_of_source
from tests.modules import MODULES, ROOT, module_name

# All that Pythons 3.11 to 3.13 hand over differently: parameters of types, empty fields, pieces of
# formatted strings, `u` before strings, characters that an older one does not know as printable.
SOURCE = '''
"""A docstring."""
from pathlib import Path
import os

TABLE = Path(__file__).parent / "none.csv"


class A(B, kind=1):
    """Another."""

    x: int = -1


async def f(a, /, *b: str, c=u"\\U0001fae9", **d) -> None:
    return f"{a!r:>{c}} and {{}}" "more" f"{b=}", {**d, 1: ...}, 1.5e300, b"x", 1j, a[1:]
'''
FORM = (
    "Module(body=[[('os', '', 'os'), ('pathlib', 'Path', 'Path')]"
    "Assign(targets=[Name(id='TABLE',)]value=BinOp(left=Attribute(value=Call(func=Name(id='Path',)"
    "args=[Name(id='__file__',)])attr='parent',)op=Div()right=Constant(value='none.csv',)))"
    "ClassDef(name='A',bases=[Name(id='B',)]keywords=[keyword(arg='kind',value=Constant(value=1,))]"
    "body=[AnnAssign(target=Name(id='x',)annotation=Name(id='int',)"
    "value=UnaryOp(op=USub()operand=Constant(value=1,))simple=1,)])"
    "AsyncFunctionDef(name='f',args=arguments(posonlyargs=[arg(arg='a',)]"
    "vararg=arg(arg='b',annotation=Name(id='str',))kwonlyargs=[arg(arg='c',)]"
    "kw_defaults=[Constant(value='\\U0001fae9',)]kwarg=arg(arg='d',))"
    "body=[Return(value=Tuple(elts=[JoinedStr(values=[FormattedValue(value=Name(id='a',)"
    "conversion=114,format_spec=JoinedStr(values=[Constant(value='>',)"
    "FormattedValue(value=Name(id='c',)conversion=-1,)]))"
    "Constant(value=' and {}moreb=',)FormattedValue(value=Name(id='b',)conversion=114,)])"
    "Dict(keys=[None,Constant(value=1,)]values=[Name(id='d',)Constant(value=Ellipsis,)])"
    "Constant(value=1.5e+300,)Constant(value=b'x',)Constant(value=1j,)"
    "Subscript(value=Name(id='a',)slice=Slice(lower=Constant(value=1,)))]))]"
    "returns=Constant(value=None,))])"
)
DIGESTS = (
    "import json, sys; sys.path.insert(0, sys.argv[1]);"
    "from pipeline.base.provenance import code_digest;"
    "print(json.dumps({name: code_digest(name) for name in json.loads(sys.stdin.read())}))"
)


def test_the_form_of_a_source_is_this_text_in_every_python(tmp_path):
    assert form_of_source(SOURCE, tmp_path, lambda name: False).fill({}, {}) == FORM


def other_pythons() -> list[Path]:
    """Pythons of 3.11 and newer on this machine, one per minor version, but the one that runs."""
    found = {}
    versions = Path(os.environ.get("PYENV_ROOT", "~/.pyenv")).expanduser() / "versions"
    for place in [*versions.glob("3.*/bin"), *map(Path, os.get_exec_path())]:
        for minor in range(11, 20):
            python = place / f"python3.{minor}"
            if python.is_file() and minor != sys.version_info.minor:
                found.setdefault(minor, python)
    return list(found.values())


def test_other_pythons_give_our_own_code_the_same_digests():
    """Of each module of the tree; the Pythons need no package."""
    if not other_pythons():
        pytest.skip("no other Python of 3.11 or newer here")
    names = json.dumps(sorted(MODULES))
    provenance.forget()
    ours = {name: provenance.code_digest(name) for name in MODULES}

    for python in other_pythons():
        told = subprocess.run(
            [python, "-I", "-B", "-c", DIGESTS, str(ROOT)],
            input=names,
            capture_output=True,
            text=True,
            check=True,
        )
        assert json.loads(told.stdout) == ours, python


def moved(name: str) -> str:
    """Another name in another folder; the packages at the top stay."""
    top, *parts = name.split(".")
    return ".".join([top, *(["floor"] if parts else []), *(f"{part}_new" for part in parts)])


def move_everything(target: Path) -> None:
    """Write our tree to `target` with every module moved, imports and mentions with them."""
    dotted = re.compile(r"\b(?:pipeline|models|demo)(?:\.\w+)+")
    modules = re.compile(r"^(\s*from ([\w.]+) import )([\w, ]+)$", re.MULTILINE)

    def renamed(match: re.Match[str]) -> str:
        parts = match[0].split(".")
        end = next(n for n in range(len(parts), 0, -1) if ".".join(parts[:n]) in MODULES)
        return ".".join([moved(".".join(parts[:end])), *parts[end:]])

    def of_modules(match: re.Match[str]) -> str:
        words = match[3].split(", ")
        news = [f"{w}_new as {w}" if f"{match[2]}.{w}" in MODULES else w for w in words]
        return match[1] + ", ".join(news)

    for name, path in MODULES.items():
        new = target.joinpath(*moved(name).split("."))
        is_package = path.name == "__init__.py"
        new = new / "__init__.py" if is_package else new.with_suffix(".py")
        new.parent.mkdir(parents=True, exist_ok=True)
        text = modules.sub(of_modules, path.read_text(encoding="utf-8"))
        new.write_text(dotted.sub(renamed, text), encoding="utf-8")
        for data in sorted(path.parent.iterdir()) if is_package else []:
            if data.is_dir() and module_name(data) not in MODULES and data.name != "__pycache__":
                shutil.copytree(data, new.parent / data.name)
    for top in ("pipeline", "models", "demo"):
        (target / top / "floor").mkdir(exist_ok=True)
        (target / top / "floor/__init__.py").touch()


def test_moving_and_renaming_every_module_changes_no_digest(tmp_path, monkeypatch):
    provenance.forget()
    before = {name: provenance.code_digest(name) for name in MODULES}
    move_everything(tmp_path)
    monkeypatch.setattr(provenance, "ROOT", tmp_path)
    provenance.forget()
    after = {name: provenance.code_digest(moved(name)) for name in MODULES}
    provenance.forget()
    assert [name for name in MODULES if before[name] != after[name]] == []
    assert len(set(before.values())) > len(MODULES) / 2

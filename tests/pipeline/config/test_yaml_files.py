"""YAML files: plain values only, every fault with file and line, and nothing kept in silence."""

import time

import pytest

from pipeline.base.errors import SettingsError
from pipeline.config.yaml_files import read_yaml


@pytest.fixture
def file(tmp_path):
    """Write a file."""

    def do(content):
        path = tmp_path / "config.yaml"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return do


def refuse(path):
    with pytest.raises(SettingsError) as error:
        read_yaml(path)
    return str(error.value)


def test_values_and_lines(file):
    read = read_yaml(file("a:\n  b: [1, 0.5, null]\n  c:\n  - x\n  - y: 2\n"))
    assert read.values == {"a": {"b": [1, 0.5, None], "c": ["x", {"y": 2}]}}
    assert read.where(("a", "c", 1, "y")) == f"{read.path}, line 5"
    assert read.where(("a", "missing")) == f"{read.path}, line 1"
    assert read.where(("nowhere",)) is None


def test_anchors_and_merges_stay_usable(file):
    read = read_yaml(file("a: &a {x: 1}\nb: {<<: *a, y: 2}\nc: *a\n"))
    assert read.values == {"a": {"x": 1}, "b": {"x": 1, "y": 2}, "c": {"x": 1}}


def test_a_quoted_key_is_another_than_the_number_it_looks_like(file):
    assert read_yaml(file("1: a\n'1': b\n")).values == {1: "a", "1": "b"}


def test_no_object_is_built(file, tmp_path):
    marker = tmp_path / "executed"
    told = refuse(file(f"a: !!python/object/apply:os.system ['touch {marker}']\n"))
    assert "config.yaml, line 1" in told
    assert not marker.exists()


@pytest.mark.parametrize(
    ("content", "line", "words"),
    [
        ("a: [1\nb: 2\n", "line 2", "cannot be read as YAML"),
        ("a: 1\n  b: 2\n", "line 2", "a colon within a text needs quotes"),
        ("a:\n\tb: 2\n", "line 2", "indent with spaces"),
        ("a: b: c\n", "line 1", "a colon within a text needs quotes"),
        ("a: *b\n", "line 1", "undefined alias"),
        ("a: 'x\n", "line 2", "quoted scalar"),
        (b"a: 1\nb: \xff\n", "line 2", "byte 0xff is not UTF-8; save the file as UTF-8"),
        (b"\x00", "config.yaml", "cannot be read as YAML"),
        ("a: 1\nb:\n  c: 1\n  c: 2\n", "line 4", "'c' stands twice, first in line 3"),
        ("a: 1\nb: 2\na: 3\n", "line 3", "'a' stands twice, first in line 1"),
        ("a: 010\n", "line 1", "010 is 8 to YAML"),
        ("a: 12:30\n", "line 1", '12:30 is 750 to YAML; write "12:30"'),
        ("a: 2024-13-45\n", "config.yaml", "cannot be read as YAML"),
        ("a: " + "9" * 5000 + "\n", "config.yaml", "cannot be read as YAML"),
        ("? [a, b]\n: 1\n", "line 1", "a key must be a plain text"),
        ("__use_yte__: true\na: 1\n", "line 1", "templates are not run"),
        ("a: &a [*a]\n", "line 1", "an anchor holds itself"),
        ("a: 1\n---\nb: 2\n", "line 2", "cannot be read as YAML"),
        ("", "config.yaml", "expected a mapping of sections"),
        ("a: 1\nb: !!int x\n", "line 2, column 4", "'x' is no int that can be read"),
        ("a: !!int ''\n", "line 1", "'' is no int"),
        ("a: !!bool x\n", "line 1", "'x' is no bool"),
        ("a: !!timestamp x\n", "line 1", "'x' is no timestamp"),
        ("a: !!binary aGk=\n", "line 1", "write a text"),
        ("a: 1\nb: !!set {x, y}\n", "line 2", "write a plain list or keys with values"),
        ("a: 0x" + "f" * 20 + "\n", "line 1", "a whole number of 80 bits; 63 are read"),
        ('a: 1\nb: "\\ud800"\n', "line 2", "holds half a character"),
        ('"\\udfff": 1\n', "line 1", "holds half a character"),
        ("no: 1\noff: 2\n", "line 2", "'off' stands twice, first in line 1"),
        ("16: a\n0x10: b\n", "line 2", "'0x10' stands twice, first in line 1"),
        ("- 1\n", "config.yaml", "it holds a list"),
        ("text\n", "config.yaml", "it holds a str"),
    ],
)
def test_a_broken_file_is_told_with_its_line(file, content, line, words):
    told = refuse(file(content))
    assert line in told
    assert words in told


def test_a_missing_file_and_a_folder_are_named(tmp_path):
    assert "nowhere.yaml: cannot be read: there is no such file" in refuse(
        tmp_path / "nowhere.yaml"
    )
    assert "Is a directory" in refuse(tmp_path)


@pytest.mark.parametrize("form", ["[{}]", "{{{}}}"])
def test_few_bytes_do_not_become_millions_of_values(file, form):
    """Nine anchors, each nine times the one before: 9 ** 9 values."""
    lines = ["l0: &l0 [x]"]
    for number in range(1, 10):
        parts = [f"*l{number - 1}" for _ in range(9)]
        if form != "[{}]":
            parts = [f"k{place}: {part}" for place, part in enumerate(parts)]
        lines.append(f"l{number}: &l{number} {form.format(', '.join(parts))}")
    started = time.monotonic()
    assert "anchors and aliases make more than 50,000 values" in refuse(file("\n".join(lines)))
    assert time.monotonic() - started < 5


def test_deep_nesting_and_large_files_end_in_words(file):
    assert "nested too deeply" in refuse(file("a: " + "[" * 20_000 + "]" * 20_000))
    assert "not a configuration" in refuse(file("a: 1\n#" + "x" * (1 << 18)))

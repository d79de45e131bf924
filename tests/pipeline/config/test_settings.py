"""Sections are strict; every error names the path in the file, the value and what is allowed."""

from typing import Annotated, Literal

import pytest
from pydantic import Field, ValidationError

from pipeline.base.errors import SettingsError
from pipeline.config.settings import Name, Rate, Section, dump, parse_section


class Inner(Section):
    size: Annotated[int, Field(ge=1, le=8)] = 4
    kind: Literal["a", "b"] = "a"


class Cat(Section):
    model: Literal["cat"]
    lives: Annotated[int, Field(ge=1)] = 9


class Dog(Section):
    model: Literal["dog"]
    name: str


class Outer(Section):
    inner: Inner = Inner()
    rates: tuple[Rate, ...] = ()
    pets: dict[Name, Annotated[Cat | Dog, Field(discriminator="model")]] = {}
    mixed: Literal["all"] | tuple[Literal["x", "y"], ...] = "all"
    import_: str | None = Field(default=None, alias="import")


def refuse(values, where="top"):
    with pytest.raises(SettingsError) as error:
        parse_section(values, Outer, where=where)
    return str(error.value)


def test_a_mapping_and_its_json_give_the_same_section():
    expected = Outer(inner=Inner(size=2), rates=(0.0, 0.7))
    assert parse_section({"inner": {"size": 2}, "rates": [0, 0.7]}, Outer, where="") == expected
    text = '{"inner": {"size": 2}, "rates": [0, 0.7]}'
    assert parse_section(text, Outer, where="") == expected


def test_a_dumped_section_reads_back_with_the_names_of_the_file():
    section = parse_section({"import": "x", "pets": {"p": {"model": "cat"}}}, Outer, where="")
    assert dump(section)["import"] == "x"
    assert dump(section)["pets"] == {"p": {"model": "cat", "lives": 9}}
    assert parse_section(dump(section), Outer, where="") == section


def test_an_unknown_key_is_named_with_its_value_and_the_known_ones():
    message = refuse({"inner": {"sise": 3}})
    assert message.startswith("config: top.inner.sise: unknown key; use one of kind, size; ")
    assert message.endswith("did you mean 'size'? (value: 3)")


def test_unknown_keys_are_listed_by_the_names_of_the_file():
    message = refuse({"importt": 1})
    assert "top.importt: unknown key" in message
    assert "import, inner" in message
    assert "import_" not in message


@pytest.mark.parametrize(
    ("values", "path", "allowed", "value"),
    [
        ({"inner": {"size": 9}}, "top.inner.size", "less than or equal to 8", "9"),
        ({"inner": {"size": "many"}}, "top.inner.size", "must be a whole number", "'many'"),
        ({"inner": {"kind": "c"}}, "top.inner.kind", "'a' or 'b'", "'c'"),
        ({"rates": [0, 0.8]}, "top.rates.1", "less than or equal to 0.7", "0.8"),
        ({"pets": {"p": {"model": "cat", "lives": 0}}}, "top.pets.p.lives", "equal to 1", "0"),
        ({"pets": {"p": {"model": "cow"}}}, "top.pets.p.model", "'cat', 'dog'", "'cow'"),
        ({"pets": {"../p": {"model": "cat"}}}, "top.pets.../p", "1 to 128 letters", "'../p'"),
        ({"mixed": ["x", "z"]}, "top.mixed.1", "'x' or 'y'", "'z'"),
        ({"inner": 3}, "top.inner", "keys with values", "3"),
        (
            {"inner": {"size": True}},
            "top.inner.size",
            "must be a number: without quotes YAML takes yes, no, on, off, true and false for "
            "truth values (",  # quotes would not make a number of it
            "True",
        ),
        ({"rates": [True]}, "top.rates.0", "truth values", "True"),
        ({"inner": None}, "top.inner", "nothing stands after the colon; write {}", "None"),
        ({"rates": None}, "top.rates", "write [] for none, or delete the key", "None"),
        ({"rates": 0.5}, "top.rates", "must be a list, as [a, b]", "0.5"),
        ({"import": 0.5}, "top.import", 'takes this for a number; write "0.5"', "0.5"),
        ({"pets": {False: {"model": "cat"}}}, "top.pets.False", "put the word in quotes", "False"),
    ],
)
def test_an_error_names_path_allowed_and_value(values, path, allowed, value):
    message = refuse(values)
    line = next(line for line in message.splitlines() if line.startswith(f"config: {path}: "))
    assert allowed in line
    assert line.endswith(f"(value: {value})")


def test_a_missing_key_is_named_without_a_value():
    message = refuse({"pets": {"p": {"model": "dog"}}})
    assert message == "config: top.pets.p.name: this key is needed"


def test_every_fault_has_its_line():
    lines = refuse({"inner": {"size": 0, "kind": "c"}, "rates": [2]}).splitlines()
    assert [line.split(": ")[1] for line in lines] == [
        "top.inner.size",
        "top.inner.kind",
        "top.rates.0",
    ]


def test_at_the_top_the_path_begins_with_the_section():
    assert refuse({"inner": {"size": 0}}, where="").startswith("config: inner.size: ")


def test_long_values_are_cut():
    assert len(refuse({"inner": {"kind": "x" * 5000}})) < 250


def test_text_that_is_no_json_is_named():
    with pytest.raises(SettingsError, match=r"config: top: not JSON: .*\(value: \{oops\)"):
        parse_section("{oops", Outer, where="top")


def test_a_section_is_frozen():
    with pytest.raises(ValidationError):
        Inner().size = 3

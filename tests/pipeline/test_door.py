"""One door to all commands."""

import pytest

from pipeline.__main__ import COMMANDS, main


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_opens_and_explains_itself(name, capsys):
    with pytest.raises(SystemExit, match="0"):
        main([name, "--help"])
    said = capsys.readouterr().out
    assert said.startswith(f"usage: python -m pipeline {name}")
    assert f"\n    python -m pipeline {name}" in said  # an example


@pytest.mark.parametrize("name", ["stats", "verify", "gc", "explain"])
def test_every_part_of_cache_has_an_example(name, capsys):
    with pytest.raises(SystemExit, match="0"):
        main(["cache", name, "--help"])
    assert f"example: python -m pipeline cache {name}" in capsys.readouterr().out


def test_without_a_command_all_are_listed(capsys):
    main([])
    said = capsys.readouterr().out
    assert all(f"  {name} " in said for name in COMMANDS)


def test_an_unknown_command_is_refused_with_those_that_there_are():
    with pytest.raises(SystemExit, match="no command 'docter'; use one of doctor, weights"):
        main(["docter"])

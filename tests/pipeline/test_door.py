"""One door to all commands."""

import pytest

from pipeline.__main__ import COMMANDS, main


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_opens_and_explains_itself(name, capsys):
    with pytest.raises(SystemExit, match="0"):
        main([name, "--help"])
    assert "python -m pipeline" in capsys.readouterr().out


def test_without_a_command_all_are_listed(capsys):
    main([])
    said = capsys.readouterr().out
    assert all(f"  {name} " in said for name in COMMANDS)


def test_an_unknown_command_is_refused_with_those_that_there_are():
    with pytest.raises(SystemExit, match="no command 'docter'; use one of doctor, weights"):
        main(["docter"])

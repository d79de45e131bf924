"""`python -m pipeline.cache gc`: only what nobody asks for goes."""

import os

import pytest

from pipeline.cache.__main__ import main
from tests.pipeline.cache.small_project import CONFIG, keep_run, records, save


def test_nothing_that_is_asked_for_is_collected(project, capsys):
    keep_run(project, "r1")
    before = [path for path in project.rglob("cache/**/*") if path.is_file()]
    main(["gc", "-c", "config.yaml"])
    assert [path for path in project.rglob("cache/**/*") if path.is_file()] == before
    assert all(line.split()[3] == "0" for line in capsys.readouterr().out.splitlines())


def test_what_nobody_asks_for_goes_but_not_in_a_dry_run(project, capsys):
    keep_run(project, "used")
    keep_run(project, "unused", used=False)
    (project / "cache/runs/half").mkdir()
    first = {kind: records(project, kind) for kind in ("audio", "text", "visual", "faces")}
    save({**CONFIG, "features": {**CONFIG["features"], "text": {"encoder": "hf:speech"}}})
    main(["gc", "--dry-run", "-c", "config.yaml"])
    dry = capsys.readouterr().out
    assert "text              0 stay        3 would go" in dry
    assert records(project, "text") == first["text"]
    main(["gc", "-c", "config.yaml"])
    assert capsys.readouterr().out == dry.replace("would go", "are gone")
    assert records(project, "text") == []
    for kind in ("audio", "visual", "faces"):
        assert records(project, kind) == first[kind]
    assert {path.name for path in (project / "cache/runs").iterdir()} == {"used", "half"}


def test_what_a_killed_writer_left_goes_a_day_later(project, capsys):
    new, old = (project / f"cache/audio/{name}.part" for name in (".new.1", ".old.2"))
    for path in (new, old):
        path.write_text("half")
    os.utime(old, (0, 0))
    main(["gc", "-c", "config.yaml"])
    assert "leftover          0 stay        1 are gone" in capsys.readouterr().out
    assert new.exists()
    assert not old.exists()
    main(["stats"])
    assert "leftover" not in capsys.readouterr().out


def test_a_cache_that_two_configurations_share_is_collected_for_both(project):
    other = {**CONFIG, "features": {**CONFIG["features"], "text": {"encoder": "hf:speech"}}}
    first = records(project, "text")
    (project / "config.yaml").rename("first.yaml")
    save(other)
    main(["gc", "--configfile", "config.yaml", "first.yaml"])
    assert records(project, "text") == first


def test_nothing_is_collected_before_it_is_known_what_is_asked_for(project):
    (project / "build/talks/manifest/0.csv").unlink()
    with pytest.raises(SystemExit, match=r"manifest/0\.csv is not there: run `snakemake`"):
        main(["gc", "-c", "config.yaml"])
    assert len(records(project, "text")) == 3


def test_missing_weights_are_named(project):
    (project / "weights/words").rename(project / "weights/elsewhere")
    with pytest.raises(SystemExit, match=r"features\.text\.encoder"):
        main(["gc", "-c", "config.yaml"])


def test_no_configuration_is_taken_for_granted(project, capsys):
    """Records of a configuration that is not named would be deleted."""
    with pytest.raises(SystemExit):
        main(["gc"])
    assert "--configfile" in capsys.readouterr().err
    assert len(records(project, "text")) == 3

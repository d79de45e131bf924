"""`python -m pipeline cache gc`: only what nobody asks for goes."""

import json
import os
import shutil

import pytest

from pipeline.config.configuration import parse_config
from pipeline.config.settings import parse_section
from pipeline.rules.decisions import Decisions
from pipeline.rules.plan import Plan
from pipeline.tools.cache.__main__ import main
from pipeline.tools.cache.users import note_use
from pipeline.training.settings import RunSettings
from tests.pipeline.tools.cache.small_project import CONFIG, keep_run, records, save


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


ROOTED = {**CONFIG, "corpora": {"others": {"reader": "folder", "root": "elsewhere"}}}


def use_by_root(project):
    """The same file was run with another corpus given on the command line."""
    (project / "elsewhere").mkdir()
    shutil.copytree(project / "build/talks", project / "build/others")
    table = project / "build/others/manifest/0.csv"
    table.write_text(table.read_text().replace("so far", "so long").replace("so good", "bye"))
    told = {"report": {"title": "Before it was edited"}, "root": "talks"}
    note_use(parse_config({**CONFIG, **told}), project)
    note_use(parse_config(ROOTED), project)
    save(ROOTED)
    main(["gc", "-c", "config.yaml", "--others", "keep", "--dry-run"])
    save(CONFIG)


def test_a_corpus_given_on_the_command_line_is_known(project, capsys):
    use_by_root(project)
    assert "text              3 stay        0 would go" in capsys.readouterr().out
    with pytest.raises(SystemExit, match=r"more than -c names:\n.*others=elsewhere.*\n`--others"):
        main(["gc", "-c", "config.yaml"])
    assert len(records(project, "text")) == 3


@pytest.mark.parametrize(("answer", "n"), [("keep", 3), ("drop", 0)])
def test_another_project_that_shares_the_cache_is_known(project, tmp_path_factory, answer, n):
    """Its configuration asks for the texts, ours no longer."""
    other = tmp_path_factory.mktemp("other")
    for name in ("build", "weights", "talks"):
        shutil.copytree(project / name, other / name)
    values = {**CONFIG, "cache": str(project / "cache")}
    note_use(parse_config(values), other)
    save({**CONFIG, "features": {**CONFIG["features"], "text": {"encoder": "hf:speech"}}})
    with pytest.raises(SystemExit, match=str(other)):
        main(["gc", "-c", "config.yaml"])
    main(["gc", "-c", "config.yaml", "--others", answer])
    assert len(records(project, "text")) == n
    shutil.rmtree(other)
    main(["gc", "-c", "config.yaml"])  # a folder that is gone asks for nothing
    assert records(project, "text") == []


def test_a_damaged_note_asks_for_nothing_and_is_named(project, capsys):
    note_use(parse_config(CONFIG), project)
    (note,) = (project / "cache/users").iterdir()
    note.write_bytes(b"\xff")
    main(["gc", "-c", "config.yaml"])
    assert f"{note.name} is of another version or damaged" in capsys.readouterr().out


def study(n_epochs):
    return {
        **CONFIG,
        "tasks": {
            "mood": {
                "corpus": "talks",
                "classes": {"bad": ["sad"], "good": ["happy"]},
                "folds": {"by": "dialogues", "k": 3, "only": [0]},
            }
        },
        "protocol": {"rates": [0.5]},
        "methods": {"gcnet": {"model": "gcnet"}},
        "train": {"methods": ["gcnet"], "train_rate": "0.5", "n_epochs": n_epochs},
    }


def keep_planned(project, values, key, fold=0):
    """A finished run as `values` plan it; its results in build/ were written over since."""
    decisions = Decisions(Plan(parse_config(values)))
    handed = decisions.settings("train", {"task": "mood", "method": "gcnet", "train_rate": "0.5"})
    settings = parse_section(str(handed), RunSettings, where="").deciding("c0de")
    keep_run(project, key, used=False)
    facts = {"settings": settings, "train_rate": "0.5", "fold": fold, "seed": 0}
    (project / f"cache/runs/{key}/facts.json").write_text(json.dumps(facts))


def test_runs_of_a_configuration_that_is_named_stay_though_another_ran_since(project):
    for n_epochs, key in ((1, "first"), (2, "second"), (3, "third")):
        keep_planned(project, study(n_epochs), key)
    keep_planned(project, study(1), "of another fold", fold=1)
    for n_epochs in (1, 2):
        save(study(n_epochs))
        (project / "config.yaml").rename(f"{n_epochs}.yaml")
    main(["gc", "-c", "1.yaml", "2.yaml"])
    assert sorted(path.name for path in (project / "cache/runs").iterdir()) == ["first", "second"]

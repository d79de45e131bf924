"""`python -m pipeline cache stats` and `verify`: what there is, and whether it is sound."""

import os

import pytest
import torch

from pipeline.base.files import file_digest
from pipeline.tools.cache.__main__ import main
from pipeline.training.checkpoint import Checkpoints, RunState
from tests.pipeline.tools.cache.small_project import keep_run, records


def test_stats_counts_every_kind(project, capsys):
    keep_run(project, "r1")
    (project / "cache/runs/half").mkdir()
    main(["stats"])
    words = [line.split() for line in capsys.readouterr().out.splitlines()]
    counts = {line[0]: line[1] for line in words if len(line) == 4 and line[3] == "MB"}
    assert counts == {"audio": "3", "text": "3", "visual": "3", "faces": "3", "runs": "2"}


def test_a_sound_cache_verifies(project, capsys):
    keep_run(project, "r1")
    main(["verify"])
    assert "13 in the cache, 0 damaged; 0 results changed" in capsys.readouterr().out


@pytest.mark.parametrize("kind", ["audio", "text", "visual", "faces", "runs"])
@pytest.mark.parametrize("damage", ["flip", "cut", "empty"])
def test_damage_is_named_and_repaired(project, kind, damage, capsys):
    keep_run(project, "r1")
    path = records(project, kind)[-1]
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle] ^= 1
    path.write_bytes({"flip": content, "cut": content[:middle], "empty": b""}[damage])
    with pytest.raises(SystemExit, match="1"):
        main(["verify"])
    named = path.parent if kind == "runs" else path
    assert f"damaged: {named.relative_to(project)}" in capsys.readouterr().out
    main(["verify", "--repair"])
    assert not path.exists()
    assert len(list((project / "cache/quarantine").iterdir())) == 1
    main(["verify"])


def test_a_damaged_checkpoint_is_named_and_repaired(project, capsys):
    path = project / "cache/runs/half/checkpoint.safetensors"
    Checkpoints(path, 0).save(RunState(epoch=1, weights={"x": torch.ones(4)}))
    main(["verify"])
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(SystemExit, match="1"):
        main(["verify"])
    assert "damaged: cache/runs/half" in capsys.readouterr().out
    main(["verify", "--repair"])
    assert not path.exists()


def test_a_changed_result_is_found_whatever_its_date_and_removed(project, capsys):
    result, seal = project / "build/x.csv", project / "build/.seals/x.csv.sha256"
    result.write_text("before")
    seal.parent.mkdir()
    seal.write_text(f"{file_digest(result)}  build/x.csv\n")
    result.write_text("after!")
    os.utime(result, (1, 1))
    with pytest.raises(SystemExit):
        main(["verify"])
    assert "changed since its rule wrote it: build/x.csv" in capsys.readouterr().out
    main(["verify", "--repair"])
    assert not result.exists()

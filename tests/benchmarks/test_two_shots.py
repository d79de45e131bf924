"""The benchmark of two-shots, on two synthetic clips of one talking portrait each."""

import sys

import pytest

from benchmarks import two_shots
from tests.pipeline.talking import Scene


def test_pairs_of_clips_are_counted(tmp_path, monkeypatch, capsys):
    rows = ["utterance_id,media,start_s,end_s"]
    for number, actor in enumerate((("F", 1), ("M", 1))):
        scene = Scene([actor]).speak(0)
        scene.write(tmp_path / f"{number}.mp4")
        (turn,) = scene.turns
        rows.append(f"u{number},{number}.mp4,{turn.start_s},{turn.end_s}")
    (tmp_path / "utterances.csv").write_text("\n".join(rows), encoding="utf-8")
    monkeypatch.setattr(sys, "argv", ["two_shots", str(tmp_path)])
    two_shots.main()

    said = capsys.readouterr().out.splitlines()
    shares = {line.split()[0]: line.split()[1:] for line in said if line.endswith("%")}
    assert list(shares) == ["talks", "held", "sways", "shakes", "nods"]
    # Two utterances beside the other clip at four places, always told rightly beside a still one.
    for kind in ("held", "shakes"):
        assert shares[kind] == ["8", "100.0", "%", "0.0", "%", "0.0", "%"]
    for kind, (n, right, _, wrong, _, unclear, _) in shares.items():
        assert int(n) == 8, kind
        assert float(right) + float(wrong) + float(unclear) == pytest.approx(100, abs=0.2)

"""500 damaged bundles, and 500 with a damaged part in a list that fits: told in one line, no hang.

Nothing is unpickled: the payloads of these tests would leave a mark.
"""

import pickle
import random
from contextlib import suppress

import pytest

from pipeline.tools.bundles.checking import contradictions
from pipeline.tools.bundles.errors import BundleError
from pipeline.tools.bundles.extend import main as extend
from pipeline.tools.bundles.opening import open_study
from pipeline.tools.bundles.verify import main as verify
from tests.pipeline.damaging import N_INPUTS, damage, try_all
from tests.pipeline.tools.bundles.outsiders import outsider
from tests.pipeline.tools.bundles.zips import parts_of, relisted, write_parts

N_WHOLE_CHECKS = 12  # each scores everything anew


@pytest.fixture
def table(bundled, tmp_path):
    """Predictions of a method that ran elsewhere."""
    path = tmp_path / "mine.csv"
    outsider(bundled).to_csv(path, index=False)
    return path


def ends_in_one_line(command, *arguments):
    ended = "error: "
    try:
        command(list(map(str, arguments)))
    except SystemExit as ending:
        ended = str(ending)
    assert ended.startswith("error: ")


def forged(bundled, tmp_path, n_inputs):
    """Bundles in which one part is damaged and the list of digests fits it."""
    rng, parts = random.Random(0), parts_of(bundled)
    for _ in range(n_inputs):
        name = rng.choice(sorted(parts))
        changed = {**parts, name: damage(parts[name], rng)}
        changed = changed if name == "bundle.json" else relisted(changed)
        yield write_parts(tmp_path / "forged.zip", changed)


def test_archives(bundled, table, tmp_path):
    bad = tmp_path / "bad.zip"
    bad.write_bytes(bundled.read_bytes())
    given = ("--method", "mine", "--predictions", table, "--out", tmp_path / "out.zip")

    def attempt():
        if random.Random(bad.read_bytes()).random() < 0.5:
            ends_in_one_line(verify, bad)
        else:
            (tmp_path / "out.zip").unlink(missing_ok=True)
            ends_in_one_line(extend, bad, *given)

    try_all([bad], attempt)


def test_parts(bundled, tmp_path):
    for number, bundle in enumerate(forged(bundled, tmp_path, N_INPUTS)):
        with suppress(BundleError):
            opened = open_study(bundle, tmp_path / f"opened{number}")
            for task in opened.study.tasks:
                list(contradictions(opened.study, task, opened.folder))


def test_whole_checks_of_damaged_parts(bundled, tmp_path):
    for bundle in forged(bundled, tmp_path, N_WHOLE_CHECKS):
        ends_in_one_line(verify, bundle)


def test_predictions_of_others(bundled, table, tmp_path):
    (tmp_path / "out.zip").touch()  # so that nothing is packed
    given = ("--method", "mine", "--predictions", table, "--out", tmp_path / "out.zip")
    try_all([table], lambda: ends_in_one_line(extend, bundled, *given), N_WHOLE_CHECKS)


@pytest.mark.parametrize(
    "part", ["build/t/availability/0.5_7000.safetensors", "build/t/labels.csv"]
)
def test_a_pickle_in_the_place_of_a_part_is_not_run(bundled, tmp_path, part):
    mark = tmp_path / "ran"

    class Payload:
        def __reduce__(self):
            return mark.touch, ()

    parts = parts_of(bundled)
    assert part in parts
    changed = relisted({**parts, part: pickle.dumps(Payload())})
    ends_in_one_line(verify, write_parts(tmp_path / "evil.zip", changed))
    assert not mark.exists()
    pickle.loads(changed[part])  # noqa: S301 - our own: the payload is live
    assert mark.exists()

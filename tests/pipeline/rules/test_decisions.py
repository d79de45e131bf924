"""What decides a job: its own settings and code; nothing that a stage is only handed."""

import hashlib
import json

from pipeline.base.provenance import code_digest

RUN = {"task": "mood", "method": "gcnet", "train_rate": "0.5", "fold": "0", "seed": "0"}


def test_the_key_holds_the_digest_of_the_code_and_the_seal_that_of_the_key(decisions):
    made = decisions()
    key = json.loads(made.key("train", RUN))
    assert key["code"] == code_digest("pipeline.stages.train", "models.gcnet.learner")
    text = made.key("train", RUN).encode()
    assert made.digest("train", RUN) == hashlib.sha256(text).hexdigest()


def test_what_a_stage_is_handed_makes_nothing_run_again(decisions):
    """Snakemake compares params by their `repr`: only the key counts."""
    plain, other = decisions(), decisions(train={"methods": ["gcnet"], "n_epochs": 3})
    handed = [made.settings("train", {**RUN}) for made in (plain, other)]
    assert handed[0] != handed[1]
    assert repr(handed[0]) == repr(handed[1])
    assert plain.key("train", RUN) != other.key("train", RUN)

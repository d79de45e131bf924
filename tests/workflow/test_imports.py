"""What decides a job holds the code that the job runs: imports really made, beside those reckoned.

`provenance.closure` reads import statements; here a small workflow runs each stage once, and its
processes tell what they load. Nothing loaded may be missing from the closure, or an edit of it
would rerun nothing; nothing in the closure may be left unloaded, or an edit would rerun too much.
"""

from contextlib import chdir
from fnmatch import fnmatch

import numpy as np
import pytest

from models.registry import our_methods
from pipeline.base.libraries import DETECTORS
from pipeline.base.provenance import closure, data_of
from pipeline.config.configuration import parse_config
from pipeline.config.faces import detector_module
from pipeline.config.methods import fact_modules, learner_modules
from pipeline.corpora.readers import READERS
from pipeline.features.weights import catalogue
from pipeline.rules.decisions import Decisions
from pipeline.rules.plan import Plan
from tests.workflow.driver import ROOT
from tests.workflow.imported import TOPS, module_name, run_and_hear
from tests.workflow.talks import write_interview
from tests.workflow.workspaces import MOODS, SMALL_DEMO, write_config

pytestmark = pytest.mark.timeout(900)  # a whole workflow
CONFIG = {
    "shards": 1,
    "corpora": {
        "demo": SMALL_DEMO,
        "packed": {
            "reader": "import",
            "root": "packed",
            "import": {"format": "npz", "path": "a.npz", "arrays": {"audio": "a"}},
        },
        "talk": {"reader": "folder", "root": "talk"},  # no table: what is said is found
    },
    "tasks": {
        "mood": {
            "corpus": "demo",
            "classes": MOODS,
            "folds": {"by": "sessions", "only": [0]},
        }
    },
    "speech": {},
    "protocol": {"name": "paper", "rates": [0.5]},
    "train": {"n_epochs": 1, "train_rate": "0.5"},
}

# What jobs load by name beside what decides them: none of it changes a byte of a result.
SPARE = {
    "": (
        "pipeline.base.own_gpu",  # starts the stage on the GPU that is its own
        # Folders in which the registry looks for methods: nothing but a docstring.
        "models.encoders",
        "models.fast",
        "models.plain",
    ),
    "extract_features": (
        "pipeline.features.encoders.told",  # words for people
        "pipeline.features.restoring",  # makes deleted crops again, under the digest that they had
        # What crops are made by.
        "pipeline.features.faces.*",
        "pipeline.media.*",
        "pipeline.config.faces",
        "pipeline.base.yunet",
        "pipeline.base.memory_limit",  # of the process that decodes
    ),
    # The registry looks into all folders, and reads the facts of the method that is named.
    **dict.fromkeys(
        ("train", "predict", "trace"),
        ("models.iteacnet.method", *(f"models.{name}" for name in our_methods())),
    ),
}
# What decides all jobs of a stage and is loaded only by those that meet it: one of them is here.
RARE = {
    # Of several faces, the one that moves with the sound.
    "crop_faces": ("pipeline.media.audio", "pipeline.media.resampling"),
}
# What decides a job and is loaded only where a setting names it: another transcriber than this
# one's or, before that, any (keys of all three steps name it). An edit reruns more than it must.
TRANSCRIBERS = (
    "pipeline.features.speech.moonshine",
    "pipeline.features.speech.whisper",
    "pipeline.features.weights.offline",
)
NOT_NAMED = {
    **dict.fromkeys(("find_speech", "tell_speakers"), TRANSCRIBERS),
    "transcribe": TRANSCRIBERS[1:],
}
# Modules that no stage runs: what plans, what people start, the paper in one file.
OF_NO_JOB = (
    "pipeline.__main__",
    "pipeline.config.configuration",
    "pipeline.config.feature_sets",
    "pipeline.config.first_look",
    "pipeline.config.given",
    "pipeline.config.yaml_files",
    "pipeline.corpora.imports.parquet_reading",  # import_features of Parquet alone, by its name
    "pipeline.features.encoders.face_emotions",  # label --model faces
    "pipeline.features.weights.opening",
    "pipeline.media.header_service",
    "pipeline.media.probe",
    "pipeline.report.studies",  # the list of all studies, which the Snakefile writes
    "pipeline.report.scored_tables",  # bundle, verify, extend
    "pipeline.rules*",
    "pipeline.tools*",
    "pipeline.training.planning",
    "models.plain*",
)


@pytest.fixture(scope="module")
def decisions():
    return Decisions(Plan(parse_config(CONFIG)))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("imports")


@pytest.fixture(scope="module")
def loaded(folder):
    write_config(folder, CONFIG)
    (folder / "packed").mkdir()
    names = np.array(["a", "b"])
    np.savez(
        folder / "packed/a.npz",
        a=np.ones((2, 3), np.float32),
        **dict.fromkeys(("utterance_id", "dialogue_id", "speaker"), names),
        turn=np.array([0, 0]),
    )
    (folder / "talk").mkdir()
    write_interview(folder / "talk/two.avi", n_turns=2)
    with chdir(folder):
        return run_and_hear(folder)


@pytest.fixture(scope="module")
def modules(decisions, loaded, folder):
    """Modules that decide each job; the media of a clip are among what decides it."""
    with chdir(folder):
        return {job: decisions.modules(job.rule, dict(job.wildcards)) for job in loaded}


def spare(rule: str) -> tuple[str, ...]:
    return (*SPARE[""], *SPARE.get(rule, ()))


def allowed(rule: str) -> set[str]:
    return {*RARE.get(rule, ()), *NOT_NAMED.get(rule, ())}


def unmatched(names, patterns) -> set[str]:
    return {name for name in names if not any(fnmatch(name, known) for known in patterns)}


def test_every_stage_has_run(loaded):
    stages = {path.stem for path in (ROOT / "pipeline/stages").glob("[a-z]*.py")}
    assert {job.rule for job in loaded} == stages - {"options", "known_options"}
    assert all(len(seen.modules) > 3 for seen in loaded.values())


def test_what_a_job_imports_decides_it(loaded, modules):
    missing = {
        str(job): unknown
        for job, seen in loaded.items()
        if (unknown := unmatched(seen.modules - closure(*modules[job]), spare(job.rule)))
    }
    assert not missing


def test_data_that_a_job_opens_decide_it(loaded, modules):
    missing = {
        str(job): unknown
        for job, seen in loaded.items()
        if (unknown := seen.data - {path.resolve() for path in data_of(*modules[job])})
    }
    assert not missing


def test_what_decides_a_job_is_imported(loaded, modules):
    """Else an edit would rerun what does not run it."""
    unused = {
        str(job): idle
        for job, seen in loaded.items()
        if (idle := closure(*modules[job]) - seen.modules - allowed(job.rule))
    }
    assert not unused
    for rule, names in RARE.items():
        heard = set[str]().union(
            *(seen.modules for job, seen in loaded.items() if job.rule == rule)
        )
        assert set(names) <= heard


def test_modules_that_decide_no_job_are_known():
    """Jobs import by name: readers, detectors, encoders, methods."""
    files = (path.relative_to(ROOT) for top in TOPS for path in (ROOT / top).rglob("*.py"))
    every = set(map(module_name, files))
    stages = {name for name in every if name.startswith("pipeline.stages.")}
    encoders = {encoder.module for encoder in (*catalogue._ALL, *catalogue._OWN.values())}
    detectors = set(map(detector_module, DETECTORS))
    by_name = {*READERS.values(), *encoders, *detectors, *fact_modules(), *learner_modules()}
    idle = every - closure(*stages, *by_name)
    known = (*OF_NO_JOB, "pipeline.base.own_gpu", *SPARE["extract_features"][:2])
    assert unmatched(idle, known) == set()
    assert [name for name in known if not any(fnmatch(module, name) for module in idle)] == []

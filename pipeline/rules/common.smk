"""What the rules share: the validated plan, its stage keys, untracked places. No rules here."""

import json
import os
import re
import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError

# Rules run `python -m pipeline...` from any working directory.
sys.path.insert(0, str(workflow.basedir))
os.environ["PYTHONPATH"] = os.pathsep.join(
    filter(None, [str(workflow.basedir), os.environ.get("PYTHONPATH")])
)

from pipeline.config import parse_config
from pipeline.plan import Plan
from pipeline.settings import SettingsError

try:
    PLAN = Plan(parse_config(config))
except SettingsError as error:
    raise WorkflowError(str(error)) from None

CORPORA = PLAN.config.corpora
IMPORTED = [name for name, corpus in CORPORA.items() if corpus.reader == "import"]
EXTRACTED = [name for name in CORPORA if name not in IMPORTED]
SHARDS = range(PLAN.config.shards)

# A job asks for a GPU only where this machine has one; a cluster's profile sets it by rule.
GPU = int(Path("/dev/nvidia0").exists())


def one_of(names):
    """Wildcard constraint: exactly these names, or none at all."""
    return "|".join(map(re.escape, names)) or "(?!)"


wildcard_constraints:
    corpus=one_of(CORPORA),
    task=one_of(PLAN.config.tasks),
    method=one_of(PLAN.config.methods),
    modality="audio|text|visual",
    shard=r"\d+",
    fold=r"\d+",
    seed=r"\d+",


def stage(rule_name):
    """Param: the stage's settings and code digest as one JSON string (pipeline.plan)."""

    def key(wildcards):
        return PLAN.stage(rule_name, dict(wildcards.items()))

    return key


# Snakemake does not track a param that is a Path: moving a corpus or the cache reruns nothing.
def root_of(wildcards):
    """Untracked param: the folder that holds a raw corpus."""
    return Path(CORPORA[wildcards.corpus].root)


def cache_of(wildcards):
    """Untracked param: the folder of the utterance and run caches."""
    return Path(PLAN.config.cache)


def corpus_of(wildcards):
    """The corpus that a task is about."""
    return PLAN.config.tasks[wildcards.task].corpus


def manifest_of(corpus, name):
    """A table of a corpus; what depends on it is decided once its content is known."""
    maker = checkpoints.import_features if corpus in IMPORTED else checkpoints.build_manifest
    return getattr(maker.get(corpus=corpus).output, name)

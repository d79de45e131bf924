"""What the rules share: the validated plan, what decides a job, how a job begins. No rules here."""

import functools
import json
import os
import re
import shutil
import sys
import time
from pathlib import Path

from snakemake.exceptions import IncompleteCheckpointException, WorkflowError
from snakemake.io import checkpoint_target
from snakemake.logging import logger

# Rules run `python -m pipeline...` in the working directory. Nothing but our packages is put
# before Python's own modules: a `queue.py` beside config.yaml is no part of a job. The way there is
# relative, since PYTHONPATH and the shell would take a path with `:`, `{` or `$` apart.
CODE = Path(".snakemake/iteacnet")
CODE.mkdir(parents=True, exist_ok=True)
for package in ("pipeline", "models", "demo"):
    target, link = Path(workflow.basedir, package), CODE / package
    if not link.is_symlink() or Path(os.readlink(link)) != target:
        made = CODE / f"{package}.{os.getpid()}"
        made.symlink_to(target)
        if link.is_dir() and not link.is_symlink():  # copied by what follows links
            shutil.rmtree(link)
        made.replace(link)
sys.path.insert(0, str(CODE.absolute()))
os.environ["PYTHONPATH"] = os.pathsep.join(
    filter(None, [str(CODE), os.environ.get("PYTHONPATH")])
)
os.environ["PYTHONSAFEPATH"] = "1"
# A job's `python` is the one that runs Snakemake, also where its environment is not activated. (No
# variable of this kind can hold a folder with `:`; there the environment must be.)
if os.pathsep not in (programs := os.path.dirname(sys.executable)):
    os.environ["PATH"] = os.pathsep.join([programs, os.environ.get("PATH", os.defpath)])
# Logs are in order, and whole when a job is killed.
os.environ["PYTHONUNBUFFERED"] = "1"

from pipeline.base.artefacts import report_place, run_place
from pipeline.base.errors import SettingsError
from pipeline.base.refusals import file_in_the_way
from pipeline.base.retries import retry_token, take_notes
from pipeline.base.records import Utterance
from pipeline.base.set_names import without_set
from pipeline.base.tables import TableError, read_rows
from pipeline.config.configuration import parse_config
from pipeline.config.given import as_typed
from pipeline.config.studies import fault_of_name
from pipeline.config.yaml_files import read_yaml
from pipeline.protocol.fitting import fit_tasks
from pipeline.rules.decisions import Decisions, Untracked
from pipeline.rules.leftovers import remove_former_report, remove_leftovers
from pipeline.rules.plan import Plan
from pipeline.rules.records import drop_damaged
from pipeline.rules.seals import (
    changed_files,
    date_after,
    dated_ahead,
    explain_changed,
    is_sealed_as,
)
from pipeline.report.studies import write_index
from pipeline.rules.terminal.screen import attach
from pipeline.rules.trainings import methods_at_rates, notes_on
from pipeline.tools.cache.users import note_use
from pipeline.training.planning import oversized

# Files are read twice: Snakemake keeps the last of two equal keys and forgets lines, and it would
# run what stands in config.yaml below `__use_yte__`, so that one is looked at first.
try:
    CONFIG_FILES = [
        read_yaml(Path(os.path.relpath(path)))
        for path in workflow.config_settings.configfiles or ["config.yaml"]
    ]
except SettingsError as error:
    raise WorkflowError(str(error)) from None


# `--configfile configs/x.yaml` replaces config.yaml; Snakemake alone would merge the two.
if not workflow.config_settings.configfiles:

    configfile: "config.yaml"


try:
    VALUES = as_typed(config, workflow.config_settings.config_args)
    PLAN = Plan(parse_config(VALUES, CONFIG_FILES))
except SettingsError as error:
    raise WorkflowError(str(error)) from None
DECISIONS = Decisions(PLAN)
if workflow.is_main_process:
    for note in notes_on(PLAN):
        logger.info(note)
    if "name" not in (VALUES.get("report") or {}) and (
        taken := fault_of_name(
            Path("build/report"), PLAN.study, [file.path for file in CONFIG_FILES]
        )
    ):
        raise WorkflowError(taken)

for place in (Path("build"), Path(PLAN.config.cache)):
    if file := file_in_the_way(place):
        raise WorkflowError(
            f"{file} is not a folder, and the workflow writes below {place}: move it away"
            + (", or set `cache` to another folder" if str(place) != "build" else "")
        )

# Every job logs and, once it ends well, seals what it wrote: `job LOG OUTPUT...`.
shell.prefix("set -euo pipefail; source .snakemake/iteacnet/pipeline/rules/job.sh; ")

# What people see of a run; jobs then write to their logs alone (pipeline/rules/job.sh).
if workflow.is_main_process:
    SCREEN = attach(
        logger,
        workflow.output_settings,
        lambda: [
            (workflow.dag.jobid(job), job.rule.name)
            for job in workflow.dag.needrun_jobs()
        ],
        PLAN.study,
    )
    os.environ["ITEACNET_JOBS_SPEAK"] = "" if SCREEN.shows else "1"

if workflow.is_main_process and (n_damaged := drop_damaged()):
    logger.info(
        f"note: {n_damaged} of Snakemake's records are damaged: what they were of is made again"
    )

# A file that a person or a disk changed would otherwise count as a result.
if workflow.is_main_process and (changed := changed_files()):
    raise WorkflowError(explain_changed(changed))


def list_studies():
    """Bring the list of all studies up to date: as a run begins, since little may be due, and ends."""
    for note in write_index(Path("build/report")):
        logger.info(note)


if workflow.is_main_process and not workflow.output_settings.dryrun:
    list_studies()

# With a clock that was set back, new results would seem older than old ones, and be deleted.
if workflow.is_main_process and (ahead := dated_ahead(time.time())):
    raise WorkflowError(ahead)

# Every result depends on this file. It counts, as newer, where a result cannot be trusted.
RECORDS = ".snakemake/records_since"
if not os.path.exists(RECORDS):
    os.makedirs(".snakemake", exist_ok=True)
    open(RECORDS, "w").close()

# Jobs that met a failing disk, or files that may not be read now, are due in the next run.
if workflow.is_main_process:
    take_notes()


def again(output):
    """Input of a job whose result may be for now alone (pipeline.base.retries)."""
    return lambda wildcards: retry_token(output.format(**dict(wildcards.items())))


CORPORA = PLAN.config.corpora
IMPORTED = [name for name, corpus in CORPORA.items() if corpus.reader == "import"]
EXTRACTED = [name for name in CORPORA if name not in IMPORTED]
SHARDS = range(PLAN.config.shards)

# Jobs ask for a GPU only where the machine that plans them has one; a cluster's profile sets it by
# rule. A job plans itself anew where it runs, so it inherits what was decided.
HAS_GPU = any(Path("/dev").glob("nvidia[0-9]*"))
GPU = int(os.environ.setdefault("ITEACNET_JOBS_ASK_FOR_GPU", str(int(HAS_GPU))))

# On a GPU faces are found faster than one video is decoded, so a job decodes several at once: one a
# thread. Without one (`--resources gpu=0` too), and for YuNet, which knows no GPU, a core is enough.
DECODERS = 8
MAY_USE_GPU = GPU and workflow.global_resources.get("gpu").value != 0
FACES_ON_GPU = MAY_USE_GPU and PLAN.config.crop_faces.detector == "mtcnn"


def encoder_threads(wildcards):
    """As many for what is decoded, resized and written while a GPU encodes; onnxruntime has none."""
    encoder = PLAN.config.encoders[wildcards.modality].settings.encoder
    is_on_gpu = encoder != "moonshine-tiny" and not encoder.startswith("onnx:")
    return DECODERS if MAY_USE_GPU and is_on_gpu else 1


def more_each_time(amount):
    """Resource: as much again at each attempt; a profile says how many attempts there are."""
    return lambda wildcards, attempt: amount * attempt


def one_of(names):
    """Wildcard constraint: exactly these names, or none at all."""
    return "|".join(map(re.escape, names)) or "(?!)"


wildcard_constraints:
    corpus=one_of(CORPORA),
    task=one_of([*PLAN.config.tasks, *PLAN.tests]),
    method=one_of(PLAN.config.trained),
    # Of several sets of features audio is that of the first, audio@hubert that of hubert.
    modality=one_of(PLAN.config.encoders),
    shard=r"\d+",
    fold=r"\d+",
    seed=r"\d+",


def decision_of(rule_name):
    """Tracked param: all that decides a job but its inputs, as JSON; no command reads it."""
    return lambda wildcards: DECISIONS.key(rule_name, dict(wildcards.items()))


def seal_of(rule_name):
    """Tracked param: the digest of the decision, which the job puts into its seal."""
    return lambda wildcards: DECISIONS.digest(rule_name, dict(wildcards.items()))


def trusted(rule_name):
    """Input: newer than the result unless Snakemake's record of it and its seal agree.

    Without its record Snakemake takes any old result for a current one, and a power cut can empty a
    record or bring back an older one. Such results are made again, mostly out of the caches.
    """

    def records(wildcards):
        output = workflow.get_rule(rule_name).output[0].apply_wildcards(wildcards)
        if is_sealed_as(Path(output), workflow.persistence.params(output) or []):
            return ancient(RECORDS)
        is_running = workflow.dryrun and any(Path(".snakemake/locks").glob("*"))
        if not is_running:
            date_after(Path(RECORDS), Path(output))
        return RECORDS

    return records


def settings_of(rule_name):
    """Untracked param: what a stage is handed, as JSON."""
    return lambda wildcards: DECISIONS.settings(rule_name, dict(wildcards.items()))


def code_of(rule_name):
    """Untracked param: digest of the code that a job runs."""
    return lambda wildcards: DECISIONS.code(rule_name, dict(wildcards.items()))


# Snakemake does not track a param that is a Path: moving a corpus or the cache reruns nothing.
def root_of(wildcards):
    """Untracked param: the folder that holds a raw corpus."""
    return Path(CORPORA[wildcards.corpus].root)


def links_of(wildcards):
    """Untracked param: folders outside a raw corpus that its links may lead into."""
    return list(map(Path, CORPORA[wildcards.corpus].links))


def cache_of(wildcards):
    """Untracked param: the folder of the utterance and run caches."""
    return Path(PLAN.config.cache)


def corpus_of(wildcards):
    """The corpus that a task is about; of `mood@meld`, the test of a task elsewhere, meld."""
    return PLAN.corpus(wildcards.task)


def elsewhere(what):
    """Input: `what(test, wildcards)` of a task that is tested on another corpus; else nothing."""

    def found(wildcards):
        test = PLAN.tested(wildcards.task)
        return [] if test == wildcards.task else what(test, wildcards)

    return found


def tables_elsewhere(name):
    """Input: labels or splits of the corpus that a task is tested on, if that is another."""
    return elsewhere(lambda test, wildcards: f"build/{test}/{name}.csv")


utterances_elsewhere = elsewhere(
    lambda test, wildcards: manifest_of(PLAN.corpus(test), "utterances")
)


def features_of_task(wildcards):
    """Joined features of a task; of several sets the first, so that all meet the same masks."""
    return PLAN.features(wildcards.task)


def features_of_run(wildcards):
    """Joined features that a method is trained on."""
    return PLAN.features(wildcards.task, wildcards.method)


def manifest_of(corpus, name):
    """A table of a corpus. What depends on it is decided anew once its content is known.

    Manifests alone are checkpoints: one that turned out to be needless after another had run
    would leave its dependants with inputs that Snakemake 9.27 never fills in.
    """
    maker, paths, every = manifest_files(corpus)
    if not every <= checkpoints.created_output:
        raise IncompleteCheckpointException(
            maker, checkpoint_target(paths["utterances"])
        )
    return paths[name]


@functools.cache
def manifest_files(corpus):
    """The rule that makes the tables of a corpus, its files by name, and all of them.

    Asked for each shard twice; `checkpoints.x.get` would write out the names of all shards anew.
    Files are plain strings: Snakemake marks one of its own kind in place as a thing to wait for, and
    of a job that has such an input it compares neither dates nor params.
    """
    maker = (
        checkpoints.import_features
        if corpus in IMPORTED
        else checkpoints.build_manifest
    )
    outputs, _ = maker.rule.expand_output({"corpus": corpus})
    paths = {
        name: str(found) if isinstance(found, str) else list(map(str, found))
        for name, found in outputs.items()
    }
    return maker.rule, paths, frozenset(map(str, outputs))

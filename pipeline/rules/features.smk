"""
Features: face crops, then one vector per utterance and modality.

REQUIRED INPUT
    build/{corpus}/manifest/{shard}.csv, {shard}.json

OUTPUT
    build/{corpus}/faces/{shard}.csv
    build/{corpus}/shards/{modality}/{shard}.safetensors
    build/{corpus}/features/{modality}.safetensors

Both stages keep what they finish in the utterance cache, which is no declared output: Snakemake
deletes those when a job is killed or repeated.
"""


def shard_table(wildcards):
    """The utterances of a shard."""
    return manifest_of(wildcards.corpus, "shards")[int(wildcards.shard)]


def shard_media(wildcards):
    """Sizes and content digests of the media of a shard."""
    return manifest_of(wildcards.corpus, "media")[int(wildcards.shard)]


def faces_of_shard(wildcards):
    """Only the visual modality looks at faces."""
    return (
        f"build/{wildcards.corpus}/faces/{wildcards.shard}.csv"
        if without_set(wildcards.modality) == "visual"
        else []
    )


def tasks_can_work(wildcards):
    """No file, but a refusal: nothing is made of tables that do not fit all tasks.

    As an input, tasks.json would extract anew whenever a task is edited; as an `ancient` one it
    would keep Snakemake 9.27 from seeing what else has changed in the same run.
    """
    names = dict(wildcards.items())
    corpus = names["corpus"] if "corpus" in names else corpus_of(wildcards)
    tables = (manifest_of(corpus, name) for name in ("utterances", "annotations"))
    refuse_tasks(corpus, *tables)
    return []


@functools.cache
def refuse_tasks(corpus, utterances, annotations):
    """Stop where a task cannot be laid on the tables, as the log of check_tasks says too, or where
    its trainings would need more memory than there is.

    Once check_tasks has ended well and all features are there, faults of later edits are its own
    to tell, and those of memory are the training's.
    """
    is_checked = Path(f"build/{corpus}/tasks.json").exists()
    is_extracted = all(
        Path(f"build/{corpus}/features/{modality}.safetensors").exists()
        for modality in PLAN.encodings(corpus)
    )
    if not workflow.is_main_process or (is_checked and is_extracted):
        return
    settings = DECISIONS.settings("check_tasks", {"corpus": corpus})
    tables = Path(utterances), Path(annotations)
    try:
        _, fitting, errors = fit_tasks(settings, *tables)
        told = [] if is_checked else errors
        if not told:
            utterances = read_rows(tables[0], Utterance)
            told = [
                f"error: tasks.{name}: {fault}"
                for name, played in fitting.items()
                if name not in PLAN.tests
                for fault in oversized(
                    methods_at_rates(PLAN, name),
                    PLAN.config.tasks[name],
                    PLAN.folds(name),
                    utterances,
                    played.labels,
                    played.splits,
                    corpus in IMPORTED,
                )
            ]
    except TableError:  # check_tasks reads the same tables and tells what is wrong
        return
    if told:
        raise SystemExit(SCREEN.refuse("\n".join(told)))


def crop_settings(wildcards):
    """Untracked param: how crops are made again that have gone from the cache."""
    return (
        settings_of("crop_faces")(wildcards)
        if without_set(wildcards.modality) == "visual"
        else ""
    )


rule crop_faces:
    """Find the speaker's face in every utterance and keep the crops."""
    input:
        tasks_can_work,
        records=trusted("crop_faces"),
        utterances=shard_table,
        media=shard_media,
        again=again("build/{corpus}/faces/{shard}.csv"),
    output:
        faces="build/{corpus}/faces/{shard}.csv",
    log:
        "build/logs/{corpus}/crop_faces_{shard}.txt",
    benchmark:
        "build/benchmarks/{corpus}/crop_faces_{shard}.tsv"
    threads: DECODERS if FACES_ON_GPU else 1
    resources:
        gpu=GPU,
        mem_mb=more_each_time(8000 if FACES_ON_GPU else 4000),
        runtime=more_each_time(240),
    params:
        decision=decision_of("crop_faces"),
        seal=seal_of("crop_faces"),
        settings=settings_of("crop_faces"),
        root=root_of,
        links=links_of,
        cache=cache_of,
    shell:
        r"""
        job {log:q} {params.seal} {output:q}

        python -m pipeline.base.own_gpu {resources.gpu} python -m pipeline.stages.crop_faces \
            --utterances {input.utterances:q} \
            --media {input.media:q} \
            --root {params.root:q} \
            --links {params.links:q} \
            --settings {params.settings:q} \
            --cache {params.cache:q} \
            --threads {threads} \
            --out {output.faces:q}
        """


rule extract_features:
    """Encode every utterance of a shard in one modality."""
    input:
        tasks_can_work,
        records=trusted("extract_features"),
        utterances=shard_table,
        media=shard_media,
        faces=faces_of_shard,
        again=again("build/{corpus}/shards/{modality}/{shard}.safetensors"),
    output:
        features="build/{corpus}/shards/{modality}/{shard}.safetensors",
    log:
        "build/logs/{corpus}/extract_features_{modality}_{shard}.txt",
    benchmark:
        "build/benchmarks/{corpus}/extract_features_{modality}_{shard}.tsv"
    threads: encoder_threads
    resources:
        gpu=GPU,
        mem_mb=more_each_time(8000),
        runtime=more_each_time(240),
    params:
        decision=decision_of("extract_features"),
        seal=seal_of("extract_features"),
        settings=settings_of("extract_features"),
        modality=lambda wildcards: Untracked(without_set(wildcards.modality)),
        crops=crop_settings,
        root=root_of,
        links=links_of,
        cache=cache_of,
    shell:
        r"""
        job {log:q} {params.seal} {output:q}

        python -m pipeline.base.own_gpu {resources.gpu} python -m pipeline.stages.extract_features \
            --utterances {input.utterances:q} \
            --media {input.media:q} \
            --faces {input.faces:q} \
            --crops {params.crops:q} \
            --root {params.root:q} \
            --links {params.links:q} \
            --modality {params.modality} \
            --settings {params.settings:q} \
            --cache {params.cache:q} \
            --threads {threads} \
            --out {output.features:q}
        """


rule join_features:
    """Put the shards of one modality together, row i = row i of the table."""
    input:
        records=trusted("join_features"),
        utterances=lambda wildcards: manifest_of(wildcards.corpus, "utterances"),
        shards=expand(
            "build/{{corpus}}/shards/{{modality}}/{shard}.safetensors", shard=SHARDS
        ),
    output:
        features="build/{corpus}/features/{modality}.safetensors",
    log:
        "build/logs/{corpus}/join_features_{modality}.txt",
    benchmark:
        "build/benchmarks/{corpus}/join_features_{modality}.tsv"
    wildcard_constraints:
        corpus=one_of(EXTRACTED),
    params:
        decision=decision_of("join_features"),
        seal=seal_of("join_features"),
    shell:
        r"""
        job {log:q} {params.seal} {output:q}

        python -m pipeline.stages.join_features \
            --utterances {input.utterances:q} \
            --shards {input.shards:q} \
            --out {output.features:q}
        """

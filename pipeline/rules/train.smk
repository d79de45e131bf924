"""
Training and prediction: one run per task, method, training rate, fold and seed; what runs do inside.

REQUIRED INPUT
    tables and features of the corpus; labels, splits and masks of the task

OUTPUT
    build/{task}/runs/{method}/{train_rate}/fold{fold}_seed{seed}/
        weights.safetensors, history.csv, run.json, predictions.csv, calibration.json
    build/{task}/traces/{method}.safetensors
"""

RUN = f"build/{{task}}/{run_place('{method}', '{train_rate}', '{fold}', '{seed}')}"


def train_rate_of(wildcards):
    """Untracked param: what a run is trained at; names of folders have no `:`, `+` or `/`."""
    return Untracked(PLAN.name_of(wildcards.train_rate))


def validation_masks(wildcards):
    """Stored masks of the rates that choose the epoch."""
    names = PLAN.validation_rates(train_rate_of(wildcards))
    return PLAN.masks(wildcards.task, names)


def test_masks(wildcards):
    """Stored masks of the conditions that a run is tested under."""
    names = PLAN.test_rates(wildcards.task, wildcards.method, train_rate_of(wildcards))
    return PLAN.masks(wildcards.task, names)


def masks_elsewhere(test, wildcards):
    """Stored masks of the corpus that a run is tested on, if that is another."""
    names = PLAN.test_rates(wildcards.task, wildcards.method, train_rate_of(wildcards))
    return PLAN.masks(test, names)


def others_of_run(wildcards):
    """Untracked param: FOLD:SEED of all runs of the method at this rate, in the order of the plan."""
    name = train_rate_of(wildcards)
    runs = (run for run in PLAN.runs(wildcards.task) if run.method == wildcards.method)
    return Untracked(
        " ".join(f"{run.fold}:{run.seed}" for run in runs if run.train_rate == name)
    )


rule train:
    """
    Train one method on one fold. A run with the same inputs is taken from the cache.

    `beside`: so many other folds and seeds of the method the job may train in the same process
    when its own run is finished, for their own jobs to find in the cache (profiles/gpu).
    """
    input:
        records=trusted("train"),
        utterances=lambda wildcards: manifest_of(corpus_of(wildcards), "utterances"),
        labels="build/{task}/labels.csv",
        splits="build/{task}/splits.csv",
        features=features_of_run,
        masks=validation_masks,
    output:
        weights=f"{RUN}/weights.safetensors",
        history=f"{RUN}/history.csv",
        run=f"{RUN}/run.json",
    log:
        "build/logs/{task}/train_{method}_{train_rate}_fold{fold}_seed{seed}.txt",
    benchmark:
        "build/benchmarks/{task}/train_{method}_{train_rate}_fold{fold}_seed{seed}.tsv"
    threads: 1
    resources:
        gpu=GPU,
        mem_mb=more_each_time(8000),
        runtime=more_each_time(480),
        beside=0,
    params:
        decision=decision_of("train"),
        seal=seal_of("train"),
        settings=settings_of("train"),
        code=code_of("train"),
        train_rate=train_rate_of,
        others=others_of_run,
        cache=cache_of,
    shell:
        r"""
        job {log:q} {params.seal} {output:q}

        python -m pipeline.base.own_gpu {resources.gpu} python -m pipeline.stages.train \
            --task {wildcards.task:q} \
            --method {wildcards.method:q} \
            --utterances {input.utterances:q} \
            --labels {input.labels:q} \
            --splits {input.splits:q} \
            --features {input.features:q} \
            --availability {input.masks:q} \
            --settings {params.settings:q} \
            --code {params.code} \
            --train-rate {params.train_rate:q} \
            --fold {wildcards.fold} \
            --seed {wildcards.seed} \
            --cache {params.cache:q} \
            --threads {threads} \
            --beside {resources.beside} \
            --others {params.others} \
            --out-weights {output.weights:q} \
            --out-history {output.history:q} \
            --out-run {output.run:q}
        """


rule predict:
    """Predict the test role of a run's fold under every condition asked for."""
    input:
        records=trusted("predict"),
        utterances=lambda wildcards: manifest_of(corpus_of(wildcards), "utterances"),
        labels="build/{task}/labels.csv",
        splits="build/{task}/splits.csv",
        features=features_of_run,
        masks=test_masks,
        weights=f"{RUN}/weights.safetensors",
        run=f"{RUN}/run.json",
        test_utterances=utterances_elsewhere,
        test_labels=tables_elsewhere("labels"),
        test_splits=tables_elsewhere("splits"),
        test_features=elsewhere(
            lambda test, wildcards: PLAN.features(test, wildcards.method)
        ),
        test_masks=elsewhere(masks_elsewhere),
    output:
        predictions=f"{RUN}/predictions.csv",
        calibration=f"{RUN}/calibration.json",
    log:
        "build/logs/{task}/predict_{method}_{train_rate}_fold{fold}_seed{seed}.txt",
    benchmark:
        "build/benchmarks/{task}/predict_{method}_{train_rate}_fold{fold}_seed{seed}.tsv"
    threads: 1
    resources:
        gpu=GPU,
        mem_mb=more_each_time(8000),
        runtime=more_each_time(60),
    params:
        decision=decision_of("predict"),
        seal=seal_of("predict"),
        settings=settings_of("predict"),
    shell:
        r"""
        job {log:q} {params.seal} {output:q}

        python -m pipeline.base.own_gpu {resources.gpu} python -m pipeline.stages.predict \
            --utterances {input.utterances:q} \
            --labels {input.labels:q} \
            --splits {input.splits:q} \
            --features {input.features:q} \
            --availability {input.masks:q} \
            --weights {input.weights:q} \
            --run {input.run:q} \
            --settings {params.settings:q} \
            --fold {wildcards.fold} \
            --seed {wildcards.seed} \
            --threads {threads} \
            --test-utterances {input.test_utterances:q} \
            --test-labels {input.test_labels:q} \
            --test-splits {input.test_splits:q} \
            --test-features {input.test_features:q} \
            --test-availability {input.test_masks:q} \
            --out {output.predictions:q} \
            --out-calibration {output.calibration:q}
        """


def file_of_traced(name):
    """Input: a file of the run of a method that is looked into."""
    return lambda wildcards: (
        f"{PLAN.traced(wildcards.task)[wildcards.method].folder}/{name}"
    )


rule trace:
    """Attention, ECCE and routers of one run of a form of ITEACNet, for the report's figures."""
    input:
        records=trusted("trace"),
        utterances=lambda wildcards: manifest_of(corpus_of(wildcards), "utterances"),
        labels="build/{task}/labels.csv",
        splits="build/{task}/splits.csv",
        features=features_of_run,
        masks=lambda wildcards: PLAN.masks(wildcards.task, PLAN.rates),
        weights=file_of_traced("weights.safetensors"),
        run=file_of_traced("run.json"),
    output:
        trace="build/{task}/traces/{method}.safetensors",
    log:
        "build/logs/{task}/trace_{method}.txt",
    benchmark:
        "build/benchmarks/{task}/trace_{method}.tsv"
    threads: 1
    resources:
        gpu=GPU,
        mem_mb=more_each_time(8000),
        runtime=more_each_time(60),
    params:
        decision=decision_of("trace"),
        seal=seal_of("trace"),
        settings=settings_of("trace"),
        fold=lambda wildcards: PLAN.traced(wildcards.task)[wildcards.method].fold,
    shell:
        r"""
        job {log:q} {params.seal} {output:q}

        python -m pipeline.base.own_gpu {resources.gpu} python -m pipeline.stages.trace \
            --utterances {input.utterances:q} \
            --labels {input.labels:q} \
            --splits {input.splits:q} \
            --features {input.features:q} \
            --availability {input.masks:q} \
            --weights {input.weights:q} \
            --run {input.run:q} \
            --settings {params.settings:q} \
            --fold {params.fold} \
            --threads {threads} \
            --out {output.trace:q}
        """

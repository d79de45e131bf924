"""
Evaluation: predictions become scores, scores become a page that people read.

REQUIRED INPUT
    build/{task}/runs/**/predictions.csv

OUTPUT
    build/{task}/scores.csv
    build/{task}/reliability.csv
    build/report/STUDY/index.html, study.json, settings.json, tables, figures
    build/report/index.html lists all studies; the Snakefile writes it when a run ends
"""


def files_of_runs(name):
    """Input: one file of every run of a task."""
    return lambda wildcards: [
        f"{run.folder}/{name}" for run in PLAN.runs(wildcards.task)
    ]


rule score:
    """Score every run of a task under every condition, one number per row."""
    input:
        records=trusted("score"),
        utterances=lambda wildcards: manifest_of(corpus_of(wildcards), "utterances"),
        labels="build/{task}/labels.csv",
        splits="build/{task}/splits.csv",
        predictions=files_of_runs("predictions.csv"),
        calibrations=files_of_runs("calibration.json"),
        runs=files_of_runs("run.json"),
        test_utterances=utterances_elsewhere,
        test_labels=tables_elsewhere("labels"),
        test_splits=tables_elsewhere("splits"),
    output:
        scores="build/{task}/scores.csv",
        reliability="build/{task}/reliability.csv",
    log:
        "build/logs/{task}/score.txt",
    benchmark:
        "build/benchmarks/{task}/score.tsv"
    params:
        decision=decision_of("score"),
        seal=seal_of("score"),
        settings=settings_of("score"),
    shell:
        r"""
        job {log:q} {params.seal} {output:q}

        python -m pipeline.stages.score \
            --task {wildcards.task:q} \
            --utterances {input.utterances:q} \
            --labels {input.labels:q} \
            --splits {input.splits:q} \
            --runs {input.runs:q} \
            --test-utterances {input.test_utterances:q} \
            --test-labels {input.test_labels:q} \
            --test-splits {input.test_splits:q} \
            --settings {params.settings:q} \
            --out {output.scores:q} \
            --out-reliability {output.reliability:q}
        """


def corpora_shown():
    """Corpora of the report: their tables and whatever features they have."""
    files = {}
    for corpus in CORPORA:
        files[corpus] = [
            f"build/{corpus}/utterances.csv",
            f"build/{corpus}/corpus.json",
            f"build/{corpus}/tasks.json",
        ]
        files[corpus] += [
            f"build/{corpus}/features/{m}.safetensors" for m in PLAN.encodings(corpus)
        ]
    return [path for paths in files.values() for path in paths]


def faces_shown():
    """Tables of faces of the present shards, whatever lies beside them."""
    return [
        f"build/{corpus}/faces/{shard}.csv"
        for corpus in EXTRACTED
        if "visual" in PLAN.modalities(corpus)
        for shard in SHARDS
    ]


rule count_parameters:
    """Count the parameters of every model at the paper's sizes (Table 5)."""
    input:
        records=trusted("count_parameters"),
    output:
        parameters="build/parameters.csv",
    log:
        "build/logs/count_parameters.txt",
    benchmark:
        "build/benchmarks/count_parameters.tsv"
    params:
        decision=decision_of("count_parameters"),
        seal=seal_of("count_parameters"),
    shell:
        r"""
        job {log:q} {params.seal} {output:q}

        python -m pipeline.stages.count_parameters \
            --out {output.parameters:q}
        """


STUDY = f"build/{report_place(PLAN.study)}"


rule report:
    """Tables, figures and one page that opens without network."""
    input:
        corpora_shown(),
        records=trusted("report"),
        faces=faces_shown(),
        scores=expand("build/{task}/scores.csv", task=PLAN.tasks),
        reliability=expand("build/{task}/reliability.csv", task=PLAN.tasks),
        runs=[
            f"{run.folder}/{name}"
            for task in PLAN.tasks
            for run in PLAN.runs(task)
            for name in ("run.json", "history.csv", "predictions.csv")
        ],
        tables=[
            f"build/{name}/{table}.csv"
            for task in PLAN.tasks
            for name in sorted({task, PLAN.tested(task)})
            for table in ("labels", "splits")
        ],
        masks=[path for task in PLAN.tasks for path in PLAN.masks(PLAN.tested(task))],
        traces=[path for task in PLAN.tasks for path in PLAN.traces(task)],
        parameters="build/parameters.csv",
    output:
        # `snakemake --report` holds them too.
        page=report(f"{STUDY}/index.html", category="Study"),
        tables=report(
            directory(f"{STUDY}/tables"),
            patterns=["{name}.csv"],
            category="Tables",
        ),
        figures=directory(f"{STUDY}/figures"),
        card=f"{STUDY}/study.json",
        settings=f"{STUDY}/settings.json",
    log:
        f"build/logs/report_{PLAN.study}.txt",
    benchmark:
        f"build/benchmarks/report_{PLAN.study}.tsv"
    params:
        decision=decision_of("report"),
        seal=seal_of("report"),
        settings=settings_of("report"),
        configuration=lambda wildcards: [file.path for file in CONFIG_FILES],
        cache=cache_of,
    shell:
        r"""
        job {log:q} {params.seal} {output:q}

        python -m pipeline.stages.report \
            --build build \
            --cache {params.cache:q} \
            --parameters {input.parameters:q} \
            --faces {input.faces:q} \
            --settings {params.settings:q} \
            --configuration {params.configuration:q} \
            --out-page {output.page:q} \
            --out-tables {output.tables:q} \
            --out-figures {output.figures:q} \
            --out-card {output.card:q} \
            --out-settings {output.settings:q}
        """

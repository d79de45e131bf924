"""
Protocol: who trains, validates and tests; what is withheld at test time.

REQUIRED INPUT
    build/{corpus}/utterances.csv, annotations.csv, features (what was extracted can be withheld)

OUTPUT
    build/{corpus}/tasks.json
    build/{task}/labels.csv, splits.csv
    build/{task}/availability/{rate}_{mask_seed}.safetensors
"""


rule check_tasks:
    """Lay every task on the tables of its corpus: faults are told before media is decoded."""
    input:
        records=trusted("check_tasks"),
        utterances=lambda wildcards: manifest_of(wildcards.corpus, "utterances"),
        annotations=lambda wildcards: manifest_of(wildcards.corpus, "annotations"),
    output:
        tasks="build/{corpus}/tasks.json",
    log:
        "build/logs/{corpus}/check_tasks.txt",
    benchmark:
        "build/benchmarks/{corpus}/check_tasks.tsv"
    params:
        decision=decision_of("check_tasks"),
        seal=seal_of("check_tasks"),
        settings=settings_of("check_tasks"),
    shell:
        r"""
        job {log:q} {params.seal} {output:q}

        python -m pipeline.stages.check_tasks \
            --utterances {input.utterances:q} \
            --annotations {input.annotations:q} \
            --settings {params.settings:q} \
            --out {output.tasks:q}
        """


rule assign_splits:
    """Give every labelled utterance its target and every dialogue its role in each fold."""
    input:
        tasks_can_work,
        records=trusted("assign_splits"),
        utterances=lambda wildcards: manifest_of(corpus_of(wildcards), "utterances"),
        annotations=lambda wildcards: manifest_of(corpus_of(wildcards), "annotations"),
    output:
        labels="build/{task}/labels.csv",
        splits="build/{task}/splits.csv",
    log:
        "build/logs/{task}/assign_splits.txt",
    benchmark:
        "build/benchmarks/{task}/assign_splits.tsv"
    params:
        decision=decision_of("assign_splits"),
        seal=seal_of("assign_splits"),
        settings=settings_of("assign_splits"),
    shell:
        r"""
        job {log:q} {params.seal} {output:q}

        python -m pipeline.stages.assign_splits \
            --task {wildcards.task:q} \
            --utterances {input.utterances:q} \
            --annotations {input.annotations:q} \
            --settings {params.settings:q} \
            --out-labels {output.labels:q} \
            --out-splits {output.splits:q}
        """


rule draw_availability:
    """Decide which modalities are withheld at test time; every method meets the same masks."""
    input:
        records=trusted("draw_availability"),
        utterances=lambda wildcards: manifest_of(corpus_of(wildcards), "utterances"),
        labels="build/{task}/labels.csv",
        splits="build/{task}/splits.csv",
        features=features_of_task,
    output:
        masks="build/{task}/availability/{rate}_{mask_seed}.safetensors",
    log:
        "build/logs/{task}/draw_availability_{rate}_{mask_seed}.txt",
    benchmark:
        "build/benchmarks/{task}/draw_availability_{rate}_{mask_seed}.tsv"
    params:
        decision=decision_of("draw_availability"),
        seal=seal_of("draw_availability"),
        settings=settings_of("draw_availability"),
    shell:
        r"""
        job {log:q} {params.seal} {output:q}

        python -m pipeline.stages.draw_availability \
            --utterances {input.utterances:q} \
            --labels {input.labels:q} \
            --splits {input.splits:q} \
            --features {input.features:q} \
            --settings {params.settings:q} \
            --mask-seed {wildcards.mask_seed} \
            --out {output.masks:q}
        """

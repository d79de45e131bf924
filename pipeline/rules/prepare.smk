"""
Raw corpora become tables.

REQUIRED INPUT
    the folder corpora.<corpus>.root of config.yaml; nothing for the demo

OUTPUT
    build/{corpus}/utterances.csv, annotations.csv, corpus.json
    build/{corpus}/manifest/{shard}.csv, {shard}.json
"""


def raw_corpus(wildcards):
    """The demo is made first; every other corpus lies where the user says."""
    return (
        [f"build/{wildcards.corpus}/raw"] if CORPORA[wildcards.corpus].make_demo else []
    )


rule make_demo:
    """Synthesize the demo corpus in the raw IEMOCAP layout."""
    input:
        records=trusted("make_demo"),
    output:
        corpus=directory("build/{corpus}/raw"),
    log:
        "build/logs/{corpus}/make_demo.txt",
    benchmark:
        "build/benchmarks/{corpus}/make_demo.tsv"
    threads: 2
    params:
        decision=decision_of("make_demo"),
        seal=seal_of("make_demo"),
        settings=settings_of("make_demo"),
    shell:
        r"""
        job {log:q} {params.seal} {output:q}

        python -m pipeline.stages.make_demo \
            --settings {params.settings:q} \
            --threads {threads} \
            --out {output.corpus:q}
        """


checkpoint build_manifest:
    """Read a raw corpus into tables, whole and per shard; say what was dropped and why."""
    input:
        records=trusted("build_manifest"),
        raw=raw_corpus,
        found=lambda wildcards: found_in(wildcards.corpus),
        again=again("build/{corpus}/corpus.json"),
    output:
        utterances="build/{corpus}/utterances.csv",
        annotations="build/{corpus}/annotations.csv",
        corpus="build/{corpus}/corpus.json",
        shards=expand("build/{{corpus}}/manifest/{shard}.csv", shard=SHARDS),
        media=expand("build/{{corpus}}/manifest/{shard}.json", shard=SHARDS),
    log:
        "build/logs/{corpus}/build_manifest.txt",
    benchmark:
        "build/benchmarks/{corpus}/build_manifest.tsv"
    wildcard_constraints:
        corpus=one_of(EXTRACTED),
    params:
        decision=decision_of("build_manifest"),
        seal=seal_of("build_manifest"),
        settings=settings_of("build_manifest"),
        root=root_of,
        clips=lambda wildcards: list(map(Path, PLAN.clips(wildcards.corpus))),
        cache=cache_of,
    shell:
        r"""
        job {log:q} {params.seal} {output:q}

        python -m pipeline.stages.build_manifest \
            --corpus {wildcards.corpus:q} \
            --root {params.root:q} \
            --settings {params.settings:q} \
            --cache {params.cache:q} \
            --clips {params.clips:q} \
            --found {input.found:q} \
            --out-utterances {output.utterances:q} \
            --out-annotations {output.annotations:q} \
            --out-corpus {output.corpus:q} \
            --out-shards {output.shards:q} \
            --out-media {output.media:q}
        """


checkpoint import_features:
    """Take features that somebody else extracted; the corpus has no media."""
    input:
        records=trusted("import_features"),
        again=again("build/{corpus}/corpus.json"),
    output:
        utterances="build/{corpus}/utterances.csv",
        annotations="build/{corpus}/annotations.csv",
        corpus="build/{corpus}/corpus.json",
        audio="build/{corpus}/features/audio.safetensors",
        text="build/{corpus}/features/text.safetensors",
        visual="build/{corpus}/features/visual.safetensors",
    log:
        "build/logs/{corpus}/import_features.txt",
    benchmark:
        "build/benchmarks/{corpus}/import_features.tsv"
    wildcard_constraints:
        corpus=one_of(IMPORTED),
    params:
        decision=decision_of("import_features"),
        seal=seal_of("import_features"),
        settings=settings_of("import_features"),
        root=root_of,
    shell:
        r"""
        job {log:q} {params.seal} {output:q}

        python -m pipeline.stages.import_features \
            --corpus {wildcards.corpus:q} \
            --root {params.root:q} \
            --settings {params.settings:q} \
            --out-utterances {output.utterances:q} \
            --out-annotations {output.annotations:q} \
            --out-corpus {output.corpus:q} \
            --out-audio {output.audio:q} \
            --out-text {output.text:q} \
            --out-visual {output.visual:q}
        """


rule doctor:
    """Say what is expected, there and missing: corpora, weights. Run it by name."""
    log:
        "build/logs/doctor.txt",
    params:
        config=lambda wildcards: json.dumps(VALUES, sort_keys=True),
    shell:
        r"""
        exec &> >(tee {log:q})

        python -m pipeline doctor --config-json {params.config:q}
        """

"""
Speech: utterances of media that no table describes. One job per media file and step.

REQUIRED INPUT
    media in corpora.<corpus>.root; what lies beside a file (.eaf, .srt, ...) is taken instead

OUTPUT
    build/{corpus}/speech/{clip}.spans.json     where somebody speaks, or what is beside it
    build/{corpus}/speech/{clip}.turns.json     who it is
    build/{corpus}/speech/{clip}.words.json     what is said: build_manifest makes a table of it

All three keep what they find in cache/speech, by content.
"""


def media_of_clip(wildcards):
    """Untracked param: path of a media file below the root of its corpus."""
    return Path(PLAN.clips(wildcards.corpus)[wildcards.clip])


def found_in(corpus):
    """What build_manifest makes a table of, where there is none."""
    return [f"build/{corpus}/speech/{clip}.words.json" for clip in PLAN.clips(corpus)]


CLIPS = sorted({clip for corpus in EXTRACTED for clip in PLAN.clips(corpus)})


rule find_speech:
    """Find where somebody speaks in a media file, or read what a file beside it says."""
    input:
        records=trusted("find_speech"),
        again=again("build/{corpus}/speech/{clip}.spans.json"),
    output:
        spans="build/{corpus}/speech/{clip}.spans.json",
    log:
        "build/logs/{corpus}/find_speech_{clip}.txt",
    benchmark:
        "build/benchmarks/{corpus}/find_speech_{clip}.tsv"
    wildcard_constraints:
        clip=one_of(CLIPS),
    resources:
        mem_mb=more_each_time(2000),
        runtime=more_each_time(60),
    params:
        decision=decision_of("find_speech"),
        seal=seal_of("find_speech"),
        settings=settings_of("find_speech"),
        media=media_of_clip,
        root=root_of,
        links=links_of,
        cache=cache_of,
    shell:
        r"""
        job {log:q} {params.seal} {output:q}

        python -m pipeline.stages.find_speech \
            --root {params.root:q} \
            --clip {params.media:q} \
            --links {params.links:q} \
            --settings {params.settings:q} \
            --cache {params.cache:q} \
            --out {output.spans:q}
        """


rule tell_speakers:
    """Tell who speaks, by their voices; cut where the voice changes."""
    input:
        records=trusted("tell_speakers"),
        spans="build/{corpus}/speech/{clip}.spans.json",
        again=again("build/{corpus}/speech/{clip}.turns.json"),
    output:
        turns="build/{corpus}/speech/{clip}.turns.json",
    log:
        "build/logs/{corpus}/tell_speakers_{clip}.txt",
    benchmark:
        "build/benchmarks/{corpus}/tell_speakers_{clip}.tsv"
    wildcard_constraints:
        clip=one_of(CLIPS),
    resources:
        mem_mb=more_each_time(3000),
        runtime=more_each_time(120),
    params:
        decision=decision_of("tell_speakers"),
        seal=seal_of("tell_speakers"),
        settings=settings_of("tell_speakers"),
        media=media_of_clip,
        root=root_of,
        links=links_of,
        cache=cache_of,
    shell:
        r"""
        job {log:q} {params.seal} {output:q}

        python -m pipeline.stages.tell_speakers \
            --turns {input.spans:q} \
            --root {params.root:q} \
            --clip {params.media:q} \
            --links {params.links:q} \
            --settings {params.settings:q} \
            --cache {params.cache:q} \
            --out {output.turns:q}
        """


rule transcribe:
    """Write down what is said in each turn, where nobody has."""
    input:
        records=trusted("transcribe"),
        turns="build/{corpus}/speech/{clip}.turns.json",
        again=again("build/{corpus}/speech/{clip}.words.json"),
    output:
        words="build/{corpus}/speech/{clip}.words.json",
    log:
        "build/logs/{corpus}/transcribe_{clip}.txt",
    benchmark:
        "build/benchmarks/{corpus}/transcribe_{clip}.tsv"
    wildcard_constraints:
        clip=one_of(CLIPS),
    resources:
        mem_mb=more_each_time(3000),
        runtime=more_each_time(120),
    params:
        decision=decision_of("transcribe"),
        seal=seal_of("transcribe"),
        settings=settings_of("transcribe"),
        media=media_of_clip,
        root=root_of,
        links=links_of,
        cache=cache_of,
    shell:
        r"""
        job {log:q} {params.seal} {output:q}

        python -m pipeline.stages.transcribe \
            --turns {input.turns:q} \
            --root {params.root:q} \
            --clip {params.media:q} \
            --links {params.links:q} \
            --settings {params.settings:q} \
            --cache {params.cache:q} \
            --out {output.words:q}
        """

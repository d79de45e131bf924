"""From raw conversation videos to emotion recognition that survives missing data.

The rule files are included in running order. `snakemake -n` tells what would run and why.
"""

from snakemake.utils import min_version

min_version("9.27")


include: "pipeline/rules/common.smk"


rule all:
    """The report, and with it everything that it is made of."""
    input:
        PLAN.files(),


# On a cluster these run beside Snakemake: a place in the queue would cost more than they do.
localrules:
    assign_splits,
    check_tasks,
    count_parameters,
    doctor,
    draw_availability,
    join_features,


include: "pipeline/rules/speech.smk"
include: "pipeline/rules/prepare.smk"
include: "pipeline/rules/features.smk"
include: "pipeline/rules/protocol.smk"
include: "pipeline/rules/train.smk"
include: "pipeline/rules/evaluate.smk"


onstart:
    note_use(PLAN.config, Path())
    if leftovers := remove_leftovers(EXTRACTED, PLAN.config.shards):
        logger.info(leftovers)
    if former := remove_former_report():
        logger.info(former)


onsuccess:
    list_studies()
    targets = {str(job.rule) for job in workflow.dag.targetjobs}
    SCREEN.succeed(has_report=bool(targets & {"all", "report"}))


onerror:
    SCREEN.fail()

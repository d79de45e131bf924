"""Stage join_features: the shards of a modality -> one feature file, row i = row i of the table."""

from pipeline.base.records import Utterance
from pipeline.base.shards import shard_of
from pipeline.base.tables import read_rows
from pipeline.base.wording import counted
from pipeline.features.store import join_stores, write_store
from pipeline.stages.options import stage_parser


def main(argv: list[str] | None = None) -> None:
    """Read the command line, join, write, say what came out."""
    args = stage_parser(__doc__, "utterances shards out").parse_args(argv)

    ids: list[list[str]] = [[] for _ in args.shards]
    utterances = read_rows(args.utterances, Utterance)
    for utterance in utterances:
        shard = shard_of(utterance.dialogue_id, len(args.shards))
        ids[shard].append(utterance.utterance_id)
    store = join_stores(
        list(zip(args.shards, ids, strict=True)),
        [utterance.utterance_id for utterance in utterances],
    )
    write_store(args.out, store)
    counts = ", ".join(f"{n} {status}" for status, n in store.counts().items())
    print(f"done: {counted(len(utterances), 'utterance')} ({counts}), {store.dim} dimensions")


if __name__ == "__main__":
    main()

"""Stage import_features: features that somebody else extracted -> the tables of a corpus."""

from pipeline.base.files import write_json
from pipeline.base.records import MODALITIES, Annotation, Utterance
from pipeline.base.retries import note_exchanged
from pipeline.base.tables import write_rows
from pipeline.base.wording import counted
from pipeline.config.corpora import ImportSettings
from pipeline.config.settings import Section, parse_section
from pipeline.corpora.fingerprint import import_fingerprint
from pipeline.corpora.imports.source import describe_import, read_import, source_digest
from pipeline.corpora.raw import CorpusError
from pipeline.features.imported import imported_store
from pipeline.features.store import write_store
from pipeline.stages.options import CORPUS, stage_parser


class ImportFeaturesSettings(Section):
    """What the rule hands over as JSON."""

    source: ImportSettings
    links: tuple[str, ...] = ()
    files: str = ""  # fingerprint of what the run was planned for


def main(argv: list[str] | None = None) -> None:
    """Read the command line, read the features, write tables and stores."""
    args = stage_parser(__doc__, CORPUS, "out-audio out-text out-visual").parse_args(argv)

    settings = parse_section(args.settings, ImportFeaturesSettings, where="")
    source = args.root, settings.source, settings.links
    try:
        imported = read_import(args.corpus, *source)
    except CorpusError as error:
        raise SystemExit(f"error: {error}") from None

    write_rows(args.out_utterances, imported.utterances, Utterance)
    write_rows(args.out_annotations, imported.annotations, Annotation)
    write_json(args.out_corpus, describe_import(args.corpus, imported))
    print(*(f"note: {note}\n" for note in imported.notes), sep="", end="")

    digest = source_digest(*source)
    note_exchanged(args.out_corpus, settings.files, import_fingerprint(*source))
    for modality in MODALITIES:
        store = imported_store(imported, modality, digest)
        write_store(getattr(args, f"out_{modality}"), store)
        print(f"{modality}: {store.dim} dimensions, {store.counts()}")
    print(f"done: features of {counted(len(imported.utterances), 'utterance')}")


if __name__ == "__main__":
    main()

"""Stage build_manifest: a raw corpus -> utterances.csv, annotations.csv, corpus.json, shards."""

from pathlib import Path
from typing import Any

from pipeline.base.errors import SettingsError
from pipeline.config.corpora import CorpusSettings
from pipeline.config.settings import Section, parse_section
from pipeline.corpora.digesting import digest_media
from pipeline.corpora.found import read_turns
from pipeline.corpora.manifest import check_share, outcome
from pipeline.corpora.raw import CorpusError
from pipeline.corpora.readers import read_corpus
from pipeline.corpora.turns import TurnsError, read_found
from pipeline.corpora.written import CorpusTables
from pipeline.stages.options import CORPUS, stage_parser, undashed


class BuildManifestSettings(Section):
    """What the rule hands over as JSON."""

    corpus: dict[str, Any]
    files: str = ""  # fingerprint of what the run was planned for


def main(argv: list[str] | None = None) -> None:
    """Read the command line and the corpus, write the tables, say what came out."""
    parser = stage_parser(__doc__, CORPUS, "cache out-shards out-media")
    parser.add_argument("--clips", nargs="*", default=[], type=undashed, help="names of its media")
    parser.add_argument("--found", type=Path, nargs="*", default=[], help="what was found in each")
    args = parser.parse_args(argv)

    place = f"corpora.{args.corpus}"
    try:
        given = parse_section(args.settings, BuildManifestSettings, where="")
        values = {**given.corpus, "root": str(args.root)}
        settings = parse_section(values, CorpusSettings, where=place)
        if args.clips:
            found = dict(zip(args.clips, map(read_found, args.found), strict=True))
            raw = read_turns(args.root, settings, found)
        else:
            raw = read_corpus(args.corpus, args.root, settings)
        check_share(args.corpus, raw, settings.max_missing)
    except CorpusError as error:
        first, *more = str(error).split("\n")  # the first line is what the terminal shows
        where = f"{place}.root: {args.root}; `make doctor CONFIG=FILE` and the log tell more"
        raise SystemExit("\n".join([f"error: {first} ({where})", *more])) from None
    except (SettingsError, TurnsError) as error:
        raise SystemExit(f"error: {error}") from None

    media = digest_media(args.root, raw.media, args.cache, settings.links)
    files = args.out_utterances, args.out_annotations, args.out_corpus
    tables = CorpusTables(*files, args.out_shards, args.out_media)
    tables.write(args.corpus, settings, raw, media, bool(args.clips), given.files)
    print(*outcome(args.corpus, raw, media), sep="\n")


if __name__ == "__main__":
    main()

"""What a corpus becomes: its tables, corpus.json, and a part of both for each shard."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.base.files import write_json
from pipeline.base.records import Annotation, FoundUtterance, Utterance
from pipeline.base.retries import note_exchanged, note_retry
from pipeline.base.tables import write_rows
from pipeline.config.corpora import CorpusSettings
from pipeline.corpora.digesting import misses_for_now
from pipeline.corpora.fingerprint import fingerprint
from pipeline.corpora.found import with_confidences
from pipeline.corpora.manifest import Media, describe, in_shards
from pipeline.corpora.raw import RawCorpus


@dataclass(frozen=True)
class CorpusTables:
    """Where a corpus goes; of each shard its rows, and the digests of its own media."""

    utterances: Path
    annotations: Path
    corpus: Path
    shards: Sequence[Path]
    media: Sequence[Path]

    def write(
        self,
        corpus: str,
        settings: CorpusSettings,
        raw: RawCorpus,
        media: Media,
        is_found: bool,
        planned: str = "",
    ) -> None:
        """Write all of them; with `is_found`, how sure it is of each utterance that it found.

        `planned`: fingerprint of the corpus as it was when the run was planned.
        """
        if is_found:
            write_rows(self.utterances, with_confidences(raw), FoundUtterance)
        else:
            write_rows(self.utterances, raw.utterances, Utterance)
        write_rows(self.annotations, raw.annotations, Annotation)
        write_json(self.corpus, describe(corpus, settings, raw, media))
        note_retry(self.corpus, misses_for_now(media))
        note_exchanged(self.corpus, planned, fingerprint(settings))

        shards = in_shards(raw.utterances, len(self.shards))
        for rows, table, digests in zip(shards, self.shards, self.media, strict=True):
            write_rows(table, rows, Utterance)
            write_json(digests, media.of(rows))

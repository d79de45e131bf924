"""What is to be said of a shard's utterances once they are encoded."""

from collections.abc import Iterator, Sequence

from pipeline.base.coverage import coverage, is_partly_covered
from pipeline.base.errors import EncodingError
from pipeline.base.records import Modality, Utterance
from pipeline.base.wording import counted
from pipeline.features.cache.utterances import Record


def remarks(
    modality: Modality, encoder: str, utterances: Sequence[Utterance], records: Sequence[Record]
) -> Iterator[str]:
    """Lines on single utterances, then on texts of which the encoder knows little."""
    for utterance, record in zip(utterances, records, strict=True):
        if record.detail:
            yield f"  {utterance.utterance_id}: {record.status}: {record.detail}"
        if record.status == "ok" and is_partly_covered(*record.seconds):
            yield f"  {utterance.utterance_id}: {coverage(*record.seconds)}"
    if modality == "text":
        yield from _unknown_texts(encoder, records)


def failed_encoding(modality: Modality, encoder: str, error: EncodingError) -> str:
    """What failed, with the ways out that a configuration has."""
    length = {"audio": "max_seconds", "text": "max_tokens"}.get(modality)
    shorter = f"a smaller features.{modality}.{length}, " if length else ""
    return (
        f"features.{modality}.encoder: {encoder}: {error}. What is encoded is kept. Ways out: "
        f"{shorter}a machine with more memory where that is the reason, or another encoder"
    )


def _unknown_texts(encoder: str, records: Sequence[Record]) -> Iterator[str]:
    """How much of a corpus the encoder cannot read, and the way out."""
    n_partly = sum(record.status == "ok" and record.detail != "" for record in records)
    n_wholly = sum(record.status == "unknown_text" for record in records)
    if n_partly or n_wholly:
        yield (
            f"note: of {counted(len(records), 'utterance')}, {n_wholly} have no token "
            f"and {n_partly} not all tokens that {encoder} knows: "
            "it was trained on another language or script (minilm "
            "and deberta: English). Way out: features.text.encoder: hf:<a model of the language, "
            "or a multilingual one>"
        )

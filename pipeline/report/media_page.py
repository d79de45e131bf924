"""What came of the media of a corpus: missing and damaged files, spans that are there in part."""

import math
from collections.abc import Iterator

from pipeline.base.coverage import is_partly_covered
from pipeline.report.corpus_facts import CorpusFacts, FeatureFacts
from pipeline.report.views import SHOWN_ROWS, Part, TableView, rest, text_row


def media_parts(corpus: CorpusFacts) -> list[Part]:
    """Partly covered utterances and remarks on files, where there are any."""
    covered, said = _coverage_table(corpus), _remark_table(corpus)
    return [
        Part(title, tables=[table], is_folded=True)
        for title, table in (
            (f"Partly covered utterances ({len(_partly_covered(corpus))})", covered),
            (f"Damaged files and other remarks ({len(_remarks(corpus))})", said),
        )
        if table.rows
    ]


def missing_media_tables(corpus: CorpusFacts) -> list[TableView]:
    """Files that are not there; no table if all are."""
    missing = corpus.account["missing_media"]
    rows = [text_row(path, reason) for path, reason in list(missing.items())[:SHOWN_ROWS]]
    caption = f"Files that utterances name and that are not there{rest(missing, rows)}"
    columns = ["file", "why"]
    return [TableView(caption, columns, rows, text=columns, kind="long")] if rows else []


def _coverage_table(corpus: CorpusFacts) -> TableView:
    indices = _partly_covered(corpus)
    timed = [name for name, facts in corpus.features.items() if facts.seconds is not None]
    rows = [
        text_row(
            corpus.utterances[index].utterance_id,
            corpus.utterances[index].media,
            *(_covered(corpus.features[modality], index) for modality in timed),
        )
        for index in indices[:SHOWN_ROWS]
    ]

    return TableView(
        f"Utterances with features of a part of their span{rest(indices, rows)}",
        ["utterance", "file", *(f"{modality} (s)" for modality in timed)],
        rows,
        text=["file"],
        kind="long",
        note="Seconds found of those asked for. Milliseconds for seconds, the table of another cut "
        "and files that broke off look like this.",
        source=f"build/{corpus.folder.name}/features/*.safetensors",
    )


def _partly_covered(corpus: CorpusFacts) -> list[int]:
    """Rows of utterances of which some modality has features of a part alone."""
    return [
        index
        for index in range(len(corpus.utterances))
        if any(_is_partly_covered(facts, index) for facts in corpus.features.values())
    ]


def _is_partly_covered(facts: FeatureFacts, index: int) -> bool:
    if facts.seconds is None or not facts.extracted[index]:
        return False
    asked_s, found_s = map(float, facts.seconds[index])
    return is_partly_covered(asked_s, found_s)


def _covered(facts: FeatureFacts, index: int) -> str:
    if facts.seconds is None or not facts.extracted[index]:
        return facts.statuses[index]
    asked_s, found_s = map(float, facts.seconds[index])
    return "-" if math.isnan(asked_s) else f"{found_s:.2f} of {asked_s:.2f}"


def _remark_table(corpus: CorpusFacts) -> TableView:
    groups = _remarks(corpus)
    rows = [
        text_row(media, modality, status, len(texts), texts[0])
        for (media, modality, status), texts in list(groups.items())[:SHOWN_ROWS]
    ]
    return TableView(
        f"What was said of utterances, by file{rest(groups, rows)}",
        ["file", "modality", "status", "utterances", "of the first"],
        rows,
        text=["file", "modality", "status", "of the first"],
        kind="long",
        source=f"build/{corpus.folder.name}/features/*.safetensors",
    )


def _remarks(corpus: CorpusFacts) -> dict[tuple[str, str, str], list[str]]:
    """Remarks by file, modality and status."""
    groups: dict[tuple[str, str, str], list[str]] = {}
    for group, text in _each_remark(corpus):
        groups.setdefault(group, []).append(text)
    return groups


def _each_remark(corpus: CorpusFacts) -> Iterator[tuple[tuple[str, str, str], str]]:
    for modality, facts in corpus.features.items():
        for index, text in sorted(facts.remarks.items()):
            media = corpus.utterances[index].media or "-"
            yield (media, modality, facts.statuses[index]), text

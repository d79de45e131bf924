"""What happens on the way through IEMOCAP's files, beside the utterances themselves."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from pipeline.base.records import Dropped
from pipeline.base.wording import counted

# Lines of the release's transcripts that are no utterance, by the reason that they are dropped for.
EXPECTED_LINES = {
    "transcript line has no id and times": 152,
    "transcript line is not evaluated": 46,
    "id stands twice in transcript": 2,
}


@dataclass(slots=True)
class Account:
    """What happens on the way through the files, beside the utterances themselves."""

    links: tuple[str, ...] = ()
    only_sound: dict[str, str] = field(default_factory=dict)  # dialogue without video: its wav
    dropped: list[Dropped] = field(default_factory=list)
    n_without_text: int = 0
    n_expected: int = 0
    n_legacy_files: int = 0
    dialogues: dict[str, int] = field(default_factory=dict)

    def forget_expected(self) -> None:
        """Lines of the release that give no utterance become one note, if they are just those."""
        counts = Counter(item.reason.partition(": ")[0] for item in self.dropped)
        if all(counts[kind] == n for kind, n in EXPECTED_LINES.items()):
            self.dropped = [
                item
                for item in self.dropped
                if item.reason.partition(": ")[0] not in EXPECTED_LINES
            ]
            self.n_expected = sum(EXPECTED_LINES.values())

    def notes(self, sessions: Mapping[str, int]) -> Iterator[str]:
        """What a user should know of the files; `sessions` are those that must be there."""
        if self.n_expected:
            yield (
                f"{self.n_expected} transcript lines give no utterance, as in every release: 152 "
                "without id and times, 46 not evaluated, 2 with the id of another"
            )
        if self.only_sound:
            yield (
                f"{counted(len(self.only_sound), 'dialogue has', 'dialogues have')} no video: "
                "their sound is read from dialog/wav, faces are missing"
            )

        if self.n_without_text:
            yield f"{self.n_without_text} evaluated utterances stand in no transcript: no text"
        if self.n_legacy_files:
            single, many = "file is not UTF-8 and was", "files are not UTF-8 and were"
            yield f"{counted(self.n_legacy_files, single, many)} read as cp1252"
        for session, expected in sessions.items():
            if self.dialogues.get(session, 0) == 0:
                yield f"{session}: no dialogue found, {expected} are in the release"

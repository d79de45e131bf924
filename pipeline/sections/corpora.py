"""`corpora`: where raw corpora lie and how they are read."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field, model_validator

from pipeline.settings import Section, Share


class DemoSettings(Section):
    """`corpora.<name>.make_demo`: the synthetic corpus in the raw IEMOCAP layout."""

    seed: int = 0
    n_dialogues: Annotated[int, Field(ge=5, le=200)] = 15
    n_turns: Annotated[int, Field(ge=2, le=60)] = 11
    # share of the turns that lack a face; as many others lack sound, and others text
    incomplete: Annotated[float, Field(ge=0, le=0.2)] = 0.065
    wav: bool = True  # also write dialog/wav, as the real corpus has it


class ImportSettings(Section):
    """`corpora.<name>.import`: features that somebody else extracted, instead of media."""

    format: Literal["npz", "npy_folder", "mmsa_pickle"]
    path: str
    arrays: dict[Literal["audio", "text", "visual"], str] = {}


class CorpusSettings(Section):
    """`corpora.<name>`: where a raw corpus lies and how to read it."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    reader: Literal["iemocap", "mosi", "mosei", "meld", "folder", "mmsa", "import"]
    root: str
    utterances: str = "utterances.csv"  # folder: the CSV beside the videos
    labels: str | None = (
        None  # mosi, mosei: .csd, .csv or label.csv; None = look in the usual places
    )
    videos: Literal["segmented", "full"] | None = (
        None  # which copies to decode; None = mosi: segmented clips, mosei: full videos
    )
    text: bool = True  # False: leave all transcripts out
    splits: tuple[
        Literal["train", "validation", "test"], ...
    ] = ()  # meld: () = those that are there
    max_missing: Share = 1.0  # tolerated share of expected utterances that were not found
    make_demo: DemoSettings | None = None
    import_: ImportSettings | None = Field(default=None, alias="import")

    @model_validator(mode="after")
    def _import_belongs_to_reader(self) -> "CorpusSettings":
        if (self.reader == "import") != (self.import_ is not None):
            raise ValueError("`import` and `reader: import` go together")
        return self

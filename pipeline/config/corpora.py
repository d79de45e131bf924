"""`corpora`: where raw corpora lie and how they are read."""

from typing import Annotated, Literal, get_args

from pydantic import AfterValidator, ConfigDict, Field, WithJsonSchema, model_validator

from models.own_modules import OWN, is_own
from pipeline.base.records import Modality, Role
from pipeline.config.about import PUBLISHED, AboutSettings, Provenance
from pipeline.config.faults import did_you_mean
from pipeline.config.own_readers import check_reader
from pipeline.config.settings import Distinct, PathText, Section, Share

ImportFormat = Literal["npz", "npy_folder", "mmsa_pickle", "parquet"]
# Each is a module of pipeline/corpora, but "import", which are several (pipeline/corpora/imports).
ReaderName = Literal["iemocap", "mosi", "mosei", "meld", "folder", "mmsa", "import"]
# What these read was published as a corpus; a folder, or imported features, may be anybody's own.
PUBLIC_READERS: tuple[ReaderName, ...] = ("iemocap", "mosi", "mosei", "meld", "mmsa")


def _one_of_readers(value: str) -> str:
    """A reader of ours, or a module of the user's own."""
    known = get_args(ReaderName)
    if is_own(value):
        check_reader(value)
    elif value not in known:
        near = did_you_mean(value, known)
        raise ValueError(
            f"must be one of {', '.join(map(repr, known))}, or a module of yours{near}"
        )
    return value


AnyReader = Annotated[
    str,
    AfterValidator(_one_of_readers),
    WithJsonSchema(
        {
            "anyOf": [
                {"enum": list(get_args(ReaderName))},
                {"type": "string", "pattern": f"^{OWN.pattern}$"},
            ]
        }
    ),
]


class DemoSettings(Section):
    """`corpora.<name>.make_demo`: the synthetic corpus in the raw IEMOCAP layout."""

    seed: Annotated[int, Field(ge=0)] = 0
    """The same seed gives the same corpus."""
    n_dialogues: Annotated[int, Field(ge=5, le=200)] = 15
    """Dialogues, spread over five sessions."""
    n_turns: Annotated[int, Field(ge=2, le=60)] = 11
    """Turns of a dialogue."""
    incomplete: Annotated[float, Field(ge=0, le=0.2)] = 0.065
    """Share of the turns that lack a face; as many others lack sound, and others text."""
    wav: bool = True
    """Also write dialog/wav, as the real corpus has it."""


class ImportSettings(Section):
    """`corpora.<name>.import`: features that somebody else extracted, instead of media."""

    format: ImportFormat
    """How the features are stored."""
    path: PathText
    """Below `root`: the .npz, the .pkl, the .parquet, or the table of an npy_folder."""
    arrays: dict[Modality, str] = {}
    """Modality: the array, column or folder (npy_folder) that holds it; {} = as the format names
    them."""


class CorpusSettings(Section):
    """`corpora.<name>`: where a raw corpus lies and how to read it."""

    model_config = ConfigDict(populate_by_name=True)

    reader: AnyReader
    """The layout of the corpus; folder: videos with a table, import: features of somebody else,
    `my_package.my_module`: a module of yours."""
    root: PathText
    """Folder of the raw corpus; moving it later costs nothing."""
    utterances: PathText = "utterances.csv"
    """Reader folder: the table beside the videos."""
    labels: PathText | None = None
    """Readers mosi, mosei: a .csd, .csv or label.csv below `root`; null = the usual places."""
    videos: Literal["segmented", "full"] | None = None
    """Which copies to decode; null = mosi: segmented clips, mosei: full videos."""
    text: bool = True
    """False: leave all transcripts out."""
    splits: Annotated[tuple[Role, ...], Distinct] = ()
    """Reader meld: the splits to read; [] = those that are there."""
    max_missing: Share = 1.0
    """Tolerated share of expected utterances that were not found."""
    links: tuple[PathText, ...] = ()
    """Folders outside `root` that links in it may lead into: hub snapshots, DVC, git-annex."""
    make_demo: DemoSettings | None = None
    """Synthesize this corpus first (the demo); its root is made, so it takes none of yours."""
    import_: ImportSettings | None = Field(default=None, alias="import")
    """Reader import: where the features lie."""
    about: AboutSettings = AboutSettings()
    """What a user of labels must know of these recordings; told with what is trained on them."""

    def provenance(self, name: str) -> Provenance:
        """What is known of the corpus that a configuration calls `name`: its word is first."""
        known = PUBLISHED.get(self.reader, AboutSettings())
        if self.make_demo is not None:
            known = AboutSettings(language="en", acted=True, synthetic=True)
        said = self.about
        return Provenance(
            name=name,
            reader=self.reader,
            language=said.language or known.language,
            acted=known.acted if said.acted is None else said.acted,
            synthetic=known.synthetic if said.synthetic is None else said.synthetic,
        )

    @model_validator(mode="after")
    def _import_belongs_to_reader(self) -> "CorpusSettings":
        if (self.reader == "import") != (self.import_ is not None):
            raise ValueError("`import` and `reader: import` go together")
        return self

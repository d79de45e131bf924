"""`report`: what the page shows."""

from typing import Literal

from pydantic import field_validator

from pipeline.config.settings import Name, Section

INDEX = "index.html"  # in build/report: the list of all studies
TextShown = bool | Literal["auto"]


class ReportSettings(Section):
    """`report`: what the page shows."""

    name: Name | None = None
    """Name of the study: its page is build/report/NAME/index.html; null = that of the configuration
    file, mosi for configs/mosi.yaml. Studies of different names lie side by side."""
    title: str = "Emotion recognition with missing data"
    """Title of the page."""
    main: str | None = None
    """The method that sentences, cards and maps are about, gcnet or gcnet@hubert; null = the first
    of train.methods, on the first set of features."""
    reference: str | None = None
    """The method that it is compared with; null = the one of the others that is best on average."""
    text: TextShown = "auto"
    """Show transcripts: auto = those of public corpora and of the demo, never of own recordings."""
    faces: bool = False
    """Contact sheets of face crops: personal data, so off."""
    media: bool = False
    """Link each test utterance to its recording: whoever gets page and corpus can play it, so off.
    Links are relative, and lead nowhere where the corpus is not there."""
    heatmap_dialogue: str | None = None
    """Dialogue whose context is drawn; null = the longest test dialogue."""

    @field_validator("name")
    @classmethod
    def _is_no_file_of_ours(cls, name: str | None) -> str | None:
        if name == INDEX:
            raise ValueError(f"the list of all studies is called {INDEX}; choose another name")
        return name

"""`report`: what the page shows."""

from typing import Literal

from pipeline.config.settings import Section

TextShown = bool | Literal["auto"]


class ReportSettings(Section):
    """`report`: what the page shows."""

    title: str = "Emotion recognition with missing data"
    """Title of the page."""
    main: str | None = None
    """The method that sentences, cards and maps are about; null = the first of train.methods."""
    reference: str | None = None
    """The method that it is compared with; null = the one of the others that is best on average."""
    text: TextShown = "auto"
    """Show transcripts: auto = those of public corpora and of the demo, never of own recordings."""
    faces: bool = False
    """Contact sheets of face crops: personal data, so off."""
    heatmap_dialogue: str | None = None
    """Dialogue whose context is drawn; null = the longest test dialogue."""

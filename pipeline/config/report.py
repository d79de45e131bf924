"""`report`: what the page shows."""

from pipeline.config.settings import Section


class ReportSettings(Section):
    """`report`: what the page shows."""

    title: str = "Emotion recognition with missing data"
    """Title of the page."""
    main: str | None = None
    """The method that sentences, cards and maps are about; null = the first of train.methods."""
    reference: str | None = None
    """The method that it is compared with; null = the one of the others that is best on average."""
    text: bool = True
    """Show transcripts."""
    faces: bool = False
    """Contact sheets of face crops: personal data, so off."""
    heatmap_dialogue: str | None = None
    """Dialogue whose context is drawn; null = the longest test dialogue."""

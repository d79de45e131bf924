"""`report`: what the page shows."""

from pipeline.config.settings import Section


class ReportSettings(Section):
    """`report`: what the page shows."""

    title: str = "Emotion recognition with missing data"
    """Title of the page."""
    text: bool = True
    """Show transcripts."""
    faces: bool = False
    """Contact sheets of face crops: personal data, so off."""
    heatmap_dialogue: str | None = None
    """Dialogue whose context is drawn; null = the longest test dialogue."""

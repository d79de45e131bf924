"""`report`: what the page shows."""

from pipeline.settings import Section


class ReportSettings(Section):
    """`report`: what the page shows."""

    title: str = "Emotion recognition with missing data"
    text: bool = True  # show transcripts
    faces: bool = False  # contact sheets of face crops: personal data, so off
    heatmap_dialogue: str | None = None  # None = the longest test dialogue

"""Transcripts that lie beside a video, made by other programs or by hand: one reader per format."""

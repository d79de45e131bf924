"""Features: one vector per utterance and modality, cached by content."""

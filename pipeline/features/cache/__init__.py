"""One record per utterance, by content; read without torch."""

"""Media: a span of a file becomes a waveform, frames or face crops. No emotion here."""

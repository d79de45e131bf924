"""Features that somebody else extracted: one reader per format, no media needed."""

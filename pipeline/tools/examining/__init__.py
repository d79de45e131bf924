"""What `doctor` looks into: media, corpora, imported features, tasks. What it writes goes away."""

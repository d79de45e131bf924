"""One module per encoder: `build(settings, weights, device)` gives an extractor."""

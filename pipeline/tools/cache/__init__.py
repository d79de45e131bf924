"""What is in the caches and whether it is sound: `python -m pipeline.tools.cache --help`."""

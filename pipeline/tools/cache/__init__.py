"""What is in the caches and whether it is sound: `python -m pipeline cache --help`."""

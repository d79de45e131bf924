"""The old name of `python -m pipeline cache`."""

from pipeline.__main__ import renamed

if __name__ == "__main__":
    renamed("pipeline.cache", "cache")

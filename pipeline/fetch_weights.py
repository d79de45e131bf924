"""The old name of `python -m pipeline weights`."""

from pipeline.__main__ import renamed

if __name__ == "__main__":
    renamed("pipeline.fetch_weights", "weights")

"""The old name of `python -m pipeline label`."""

from pipeline.__main__ import renamed

if __name__ == "__main__":
    renamed("pipeline.label", "label")

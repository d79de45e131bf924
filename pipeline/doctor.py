"""The old name of `python -m pipeline doctor`."""

from pipeline.__main__ import renamed

if __name__ == "__main__":
    renamed("pipeline.doctor", "doctor")

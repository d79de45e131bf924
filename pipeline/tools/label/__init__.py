"""Labels for a new corpus from a finished run: `python -m pipeline label`."""

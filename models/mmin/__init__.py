"""MMIN, Zhao, Li and Jin 2021."""

"""Branches of a recorded step, for the pipeline's own recordings (models/fast/branches.py)."""

from models.fast.branches import branching as branching
from models.fast.branches import side_by_side as side_by_side

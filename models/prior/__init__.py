"""The prior of the classes, or the mean."""

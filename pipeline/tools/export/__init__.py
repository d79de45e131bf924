"""`python -m pipeline export`: features and labels in the layouts that others read."""

"""GCNet, Lian et al. 2023."""

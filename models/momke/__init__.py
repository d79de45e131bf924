"""MoMKE, Xu et al. 2024."""

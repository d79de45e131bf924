"""ComP, He, Zhu and Zhang 2026."""

"""Training: from one optimiser step up to one finished run."""

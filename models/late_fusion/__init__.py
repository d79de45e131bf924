"""A linear model for each modality, averaged over what is there."""

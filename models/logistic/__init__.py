"""A linear model for each pattern of modalities."""

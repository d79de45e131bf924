"""AE of the published comparison."""

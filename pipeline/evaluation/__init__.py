"""Evaluation: predictions, metrics and their aggregation over folds and seeds."""

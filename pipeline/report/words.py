"""Words of the configuration as people say them."""

from pipeline.config.conditions import is_rate

# How models meet missing rates: which evaluation, and what that is.
WAYS = {
    "ume": "one model tested under all",
    "ime": "a model trained for each",
}
STRATEGIES = {
    "random": "at missing rates of 0 to 0.7, drawn for each batch",
    "progressive": "at a missing rate that rises from 0 to 0.7",
}


def said_of_training(train_rate: str) -> str:
    """How a model was trained, behind "trained": at which rate, or under which condition."""
    if is_rate(train_rate):
        return f"at missing rate {train_rate}"
    return STRATEGIES.get(train_rate, f"under condition {train_rate}")

"""Settings with which each method of ours trains in a moment."""

SMALL = {
    "iteacnet": {"hidden_dim": 16, "n_heads": 2},
    "gcnet": {"hidden_dim": 8},
    "mmin": {"pretrain_epochs": 2},
    "cpmnet": {"code_dim": 8, "train_epochs": 3, "test_epochs": 3},
    "gru": {"hidden_dim": 8},
    "logistic": {"strengths": [0.01, 0.1]},
    "late_fusion": {"strengths": [0.01, 0.1]},
    "momke": {"hidden_dim": 16, "n_layers": 2, "expert_epochs": 2},
    "comp": {"hidden_dim": 8, "n_layers": 2, "expert_epochs": 2},
    "committee": {"hidden_dim": 8, "n_members": 2, "n_epochs": 2},
}
EACH_BATCHING = ("iteacnet", "mmin", "cpmnet")  # whole dialogues, single utterances, all at once


def small_method(model):
    """A method of the configuration."""
    return {"model": model, "settings": SMALL.get(model, {})}

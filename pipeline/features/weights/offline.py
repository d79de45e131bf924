"""No network at run time: what is missing is an error, not a download."""

import os


def refuse_network() -> None:
    """Keep the hub's libraries off the network; call it before they are imported."""
    os.environ["HF_HUB_OFFLINE"] = "1"
    os.environ["TRANSFORMERS_OFFLINE"] = "1"
    os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"

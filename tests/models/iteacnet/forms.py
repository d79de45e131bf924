"""Forms of one network, as tests write them: its own settings and the shared ones, side by side."""

from dataclasses import fields

from models.iteacnet.settings import IteacnetSettings, NetworkSettings

FRAMEWORKS = ("its", "gcnet", "teacher_only")
STEADY = {  # nothing random: two passes may be compared
    "teacher": {"dropout": 0.0},
    "context": {"dropout": 0.0},
}
OWN = {field.name for field in fields(NetworkSettings)}


def form(**options):
    """(settings of all, settings of one network)."""
    own = NetworkSettings(**{name: value for name, value in options.items() if name in OWN})
    shared = {name: value for name, value in options.items() if name not in OWN}
    return IteacnetSettings(**shared), own

"""What is to be known of the committee without building it."""

from models.committee.settings import CommitteeSettings
from models.method import MethodInfo

METHOD = MethodInfo(
    label="Committee",
    network="small networks side by side, each with a GRU and means over neighbours",
    citation="this project",
    settings=CommitteeSettings,
)

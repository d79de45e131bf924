"""What is to be known of the prior without building it."""

from models.method import MethodInfo
from models.prior.settings import PriorSettings

METHOD = MethodInfo(
    label="Prior",
    network="the shares of the classes in training, or the mean of the target",
    citation="ours: the floor of any method",
    settings=PriorSettings,
)

"""What is to be known of GCNet without building it."""

from models.gcnet.settings import GcnetSettings
from models.method import WHOLE, MethodInfo, PublishedSize

METHOD = MethodInfo(
    label="GCNet",
    network="GCNet",
    citation=(
        "Lian et al. 2023: "
        "GCNet: Graph Completion Network for Incomplete Multimodal Learning in Conversation"
    ),
    settings=GcnetSettings,
    paper_row=5,
    sizes=(
        PublishedSize(
            WHOLE,
            "34.14M",
            "the published count holds an idle bi-GRU and idle attention over time, built here "
            "only for counting (idle_parts)",
        ),
    ),
    sized=GcnetSettings(idle_parts=True),
)

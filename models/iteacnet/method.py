"""What is to be known of ITEACNet without building it."""

from models.iteacnet.settings import IteacnetSettings
from models.method import MethodInfo, PublishedSize

METHOD = MethodInfo(
    label="ITEACNet",
    network="ITEACNet",
    citation="Sun et al. 2023: ITEACNet: Inverted Teacher-student seArch Conversation Network",
    settings=IteacnetSettings,
    paper_row=6,
    sizes=(
        PublishedSize(
            "teacher",
            "2.19M",
            "the paper's 2.19 M is unexplained; without the projections and ECCE this teacher has "
            "2.18 M",
        ),
        PublishedSize("student", "3.88M"),
    ),
)

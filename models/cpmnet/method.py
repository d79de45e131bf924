"""What is to be known of CPM-Net without building it."""

from models.cpmnet.settings import CpmnetSettings
from models.method import WHOLE, MethodInfo, PublishedSize

METHOD = MethodInfo(
    label="CPM-Net",
    network="CPM-Net",
    citation="Zhang et al. 2019: CPM-Nets: Cross Partial Multi-View Networks",
    settings=CpmnetSettings,
    paper_row=1,
    sizes=(
        PublishedSize(
            WHOLE, "0.57M", "decoders and one code per training and test sample of CMU-MOSI"
        ),
    ),
)

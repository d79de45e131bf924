"""What is to be known of AE without building it."""

from models.ae.settings import AutoencoderSettings
from models.method import WHOLE, MethodInfo, PublishedSize

METHOD = MethodInfo(
    label="AE",
    network="an autoencoder",
    citation="Bengio et al. 2006: Greedy Layer-Wise Training of Deep Networks",
    settings=AutoencoderSettings,
    paper_row=2,
    sizes=(PublishedSize(WHOLE, "1.29M", "1,284,228 rounds to 1.28 M; the paper prints 1.29 M"),),
)

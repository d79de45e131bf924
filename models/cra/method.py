"""What is to be known of CRA without building it."""

from models.cra.settings import CraSettings
from models.method import WHOLE, MethodInfo, PublishedSize

METHOD = MethodInfo(
    label="CRA",
    network="the cascaded residual autoencoder",
    citation="Tran et al. 2017: Missing Modalities Imputation via Cascaded Residual Autoencoder",
    settings=CraSettings,
    paper_row=3,
    sizes=(PublishedSize(WHOLE, "2.11M", "three residual blocks, as the published count implies"),),
)

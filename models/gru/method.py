"""What is to be known of the GRU without building it."""

from models.gru.settings import GruSettings
from models.method import MethodInfo

METHOD = MethodInfo(
    label="GRU",
    network="a bidirectional GRU over the sum of projected modalities",
    citation=(
        "ours, of known parts: Cho et al. 2014: Learning Phrase Representations using RNN "
        "Encoder-Decoder (the GRU); Neverova et al. 2016: ModDrop (modality dropout)"
    ),
    settings=GruSettings,
)

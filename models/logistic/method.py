"""What is to be known of the linear models without building them."""

from models.logistic.settings import LogisticSettings
from models.method import MethodInfo

METHOD = MethodInfo(
    label="Logistic",
    network="a regularised linear model for each pattern of modalities",
    citation=(
        "ours, of known parts: softmax regression (classes) and ridge regression (numbers), as "
        "scikit-learn has them"
    ),
    settings=LogisticSettings,
)

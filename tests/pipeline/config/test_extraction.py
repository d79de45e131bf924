"""How features were made, as run.json tells it: raw values, and whose code they name."""

from pipeline.config.extraction import Extraction


def test_encoders_that_are_modules_of_a_user_are_told_and_none_is_imported():
    features = {
        "audio": {"encoder": "nowhere.my_encoder", "settings": {"width": 3}},
        "text": {"encoder": "minilm"},
        "visual": {"encoder": "hf:org/model.v2"},
    }
    told = Extraction(features=features)
    assert list(told.own_modules()) == ["nowhere.my_encoder"]
    assert told.features == features
    assert told.crop_faces is None

import numpy as np
from sklearn.preprocessing import StandardScaler

from pipeline.conversations.standardize import Standardization, fit


def make(rng):
    features = rng.normal(3, 2, (50, 4)).astype(np.float32)
    features[:, 2] = 1.5  # never varies
    extracted = rng.random(50) > 0.3
    features[~extracted] = 0
    return features, extracted


def test_it_agrees_with_scikit_learn_on_what_was_extracted():
    features, extracted = make(np.random.default_rng(0))
    mean, scale = fit(features, extracted)
    ours = Standardization({"text": mean}, {"text": scale}).apply("text", features, extracted)
    theirs = StandardScaler().fit_transform(features[extracted].astype(np.float64))
    assert np.allclose(ours[extracted], theirs, atol=1e-5)
    assert not ours[~extracted].any()
    assert ours.dtype == np.float32


def test_statistics_survive_the_file_of_weights():
    mean, scale = fit(*make(np.random.default_rng(1)))
    whole = Standardization({"audio": mean}, {"audio": scale})
    read = Standardization.from_arrays({**whole.arrays(), "learner.x": np.ones(2)})
    assert read is not None
    assert np.array_equal(read.means["audio"], mean)
    assert np.array_equal(read.scales["audio"], scale)
    assert Standardization.from_arrays({"learner.x": np.ones(2)}) is None


def test_nothing_extracted_changes_nothing():
    mean, scale = fit(np.zeros((3, 2), np.float32), np.zeros(3, bool))
    assert (mean.tolist(), scale.tolist()) == ([0, 0], [1, 1])

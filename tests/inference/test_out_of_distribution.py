import numpy as np
import pytest
from scipy.special import logsumexp

from deepbio.errors import ModelError
from deepbio.inference import calibrate, ood_score, predict
from deepbio.inference.out_of_distribution import NEIGHBORS, _normalized_energy
from deepbio.specs import Task
from deepbio.zoo import get_model


def test_the_score_of_several_classes_is_minus_the_logsumexp_of_the_logits(splice_model, splice):
    z = predict(splice_model, splice.test, logits=True)
    np.testing.assert_allclose(ood_score(splice_model, splice.test), -logsumexp(z, axis=1), rtol=1e-12)


def test_the_score_of_two_classes_is_one_minus_the_larger_probability(breast_cancer_model, breast_cancer):
    p = predict(breast_cancer_model, breast_cancer.test)
    np.testing.assert_allclose(
        ood_score(breast_cancer_model, breast_cancer.test), 1 - np.maximum(p, 1 - p), rtol=1e-6, atol=1e-12
    )


def test_ranks_of_the_validation_examples_are_uniform(splice_model, splice):
    ranks = ood_score(calibrate(splice_model, splice.valid), splice.valid, rank=True)
    assert ranks.mean() == pytest.approx(0.5, abs=0.02)
    assert ranks.min() == 0
    assert ranks.max() == 1


def test_a_model_without_validation_examples_or_logits_is_refused(splice_model, splice):
    with pytest.raises(ModelError, match="validation examples"):
        ood_score(splice_model, splice.test, rank=True)
    with pytest.raises(ModelError, match="reads logits"):
        ood_score(get_model("logistic", dataset=splice, activation="auto"), splice.test)


def test_the_mahalanobis_distance_finds_uniform_windows(splice_model, splice):
    windows = np.zeros_like(np.asarray(splice.test.x[np.arange(50)]))  # poly-A: unlike any splice junction
    near = ood_score(splice_model, splice.test, method="mahalanobis", reference=splice.train)
    far = ood_score(splice_model, windows, method="mahalanobis", reference=splice.train)
    assert near.shape == (len(splice.test),)
    assert np.median(far) > np.median(near)


def test_the_distance_to_neighbors_is_zero_for_examples_of_the_reference_only(splice_model, splice):
    reference = splice.train.take(np.repeat(np.arange(20), NEIGHBORS))  # each is its own nearest neighbors
    known = ood_score(splice_model, splice.train.take(np.arange(20)), method="knn", reference=reference)
    other = ood_score(splice_model, splice.test, method="knn", reference=reference)
    np.testing.assert_allclose(known, 0, atol=1e-3)
    assert np.median(other) > 0.01


def test_energy_of_normalized_logits_does_not_depend_on_their_size():
    z = np.random.default_rng(0).normal(size=(20, 4))
    task = Task("multiclass", 4)
    np.testing.assert_allclose(_normalized_energy(task, 30 * z + 5), _normalized_energy(task, z), rtol=1e-12)


def test_a_distance_needs_the_training_split_and_a_rank_the_logits(splice_model, splice):
    with pytest.raises(ModelError, match="reference=data.train"):
        ood_score(splice_model, splice.test, method="knn")
    with pytest.raises(ModelError, match="rank is of the method 'logits'"):
        ood_score(splice_model, splice.test, method="knn", rank=True, reference=splice.train)
    with pytest.raises(ModelError, match="Did you mean knn"):
        ood_score(splice_model, splice.test, method="knm")

"""Certificates: equal to the exact distance of linear networks, and no attack succeeds inside them."""

import keras
import numpy as np
import pytest

from deepbio.errors import DataError, ModelError
from deepbio.robustness import attack_images, certify, linear_radius


@pytest.fixture(scope="module")
def plane():
    """Return a linear network of two classes, images far from black and white, and their classes."""
    random = np.random.Generator(np.random.Philox(6))
    inputs = keras.Input((4, 4, 1), dtype="uint8")
    x = keras.layers.Flatten()(keras.layers.Rescaling(1 / 255)(inputs))
    model = keras.Model(inputs, keras.layers.Dense(2)(x))
    weights = random.normal(size=(16, 2))
    images = random.integers(115, 141, (12, 4, 4, 1)).astype(np.uint8)
    scores = images.reshape(12, 16) / 255 @ (weights[:, 1] - weights[:, 0])
    model.layers[-1].set_weights([weights, np.array([np.median(scores), 0])])
    return model, images, (scores > np.median(scores)).astype(int)


def test_smoothing_certifies_nearly_the_distance_to_a_linear_boundary_and_never_more(plane):
    # Cohen et al. 2019, appendix B: for a linear classifier the certificate is the distance to the boundary
    model, images, y = plane
    exact = linear_radius(model, images, y, norm="l2")
    found = certify(model, images, y, std=0.05, n=4000, seed=1)
    certain = found.predicted >= 0
    assert certain.mean() > 0.5
    assert (found.predicted[certain] == y[certain]).all()
    assert (found.radius <= exact + 2e-3).all()
    below = certain & (exact < 0.1)  # above, 4,000 samples of one class bound the radius by 0.05 * 2.92
    np.testing.assert_allclose(found.radius[below], exact[below], rtol=0.25, atol=5e-3)


def test_no_attack_succeeds_inside_an_exact_radius_and_some_do_just_outside(plane):
    model, images, y = plane
    for norm in ("linf", "l2"):
        radius = linear_radius(model, images, y, norm=norm)
        for attack in ("pgd", "apgd"):
            for part, inside in ((0.999, True), (1.02, False)):
                broken = [
                    attack_images(
                        model, images[i : i + 1], y[i : i + 1], attack=attack, norm=norm, epsilon=float(part * radius[i]),
                        steps=20, restarts=2,
                    ).success[0]
                    for i in range(4)
                    if radius[i] > 1e-3
                ]  # fmt: skip
                assert not any(broken) if inside else all(broken), (norm, attack)


def test_the_radius_of_certain_votes_is_that_of_the_paper(plane):
    # 100 of 100 votes: lower bound 0.001 ** (1 / 100) = 0.9333, radius 0.25 * 1.5009 = 0.3752
    model, images, _ = plane
    constant = keras.models.clone_model(model)
    constant.layers[-1].set_weights([np.zeros((16, 2)), np.array([0, 5.0])])
    found = certify(constant, images[:2], np.array([1, 0]), std=0.25, n0=10, n=100)
    np.testing.assert_allclose(found.radius, 0.3752, atol=1e-4)
    assert found.accuracy().value == 0.5
    assert found.accuracy(0.3753).value == 0


def test_a_classifier_without_a_majority_abstains(plane):
    model, images, y = plane
    found = certify(model, images, y, std=50.0, n0=20, n=60)
    assert (found.predicted == -1).any()
    assert (found.radius[found.predicted == -1] == 0).all()
    assert (certify(model, images, y, std=50.0, n0=20, n=60).predicted == found.predicted).all()


def test_what_cannot_be_certified_is_refused(plane, trained, examples):
    model, images, y = plane
    with pytest.raises(DataError, match="std, n0, n"):
        certify(model, images, y, std=0)
    with pytest.raises(ModelError, match="needs linear layers"):
        linear_radius(trained, *examples)

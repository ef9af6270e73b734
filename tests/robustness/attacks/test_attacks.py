"""Attacks find what they must on networks whose boundaries are known, stay in their ball, and do not depend on the batch size."""

import keras
import numpy as np
import pytest

from deepbio.errors import DataError, ModelError
from deepbio.robustness import Photograph, attack_images, autoattack_small, security_curve
from deepbio.zoo import get_model

NOISY = Photograph(noise=0.2, jpeg=None)


def linear(weights, bias):
    """Return a linear network of images of 4 x 4 pixels."""
    inputs = keras.Input((4, 4, 1), dtype="uint8")
    x = keras.layers.Flatten()(keras.layers.Rescaling(1 / 255)(inputs))
    model = keras.Model(inputs, keras.layers.Dense(weights.shape[1])(x))
    model.layers[-1].set_weights([weights.astype(np.float32), np.asarray(bias, np.float32)])
    return model


@pytest.fixture(scope="module")
def plane():
    """Return a linear network of two classes, images, their classes, margins, and the normal of the boundary."""
    random = np.random.Generator(np.random.Philox(5))
    weights = random.normal(size=(16, 2))
    images = random.integers(90, 166, (40, 4, 4, 1)).astype(np.uint8)
    scores = images.reshape(40, 16) / 255 @ (weights[:, 1] - weights[:, 0])
    offset = float(np.median(scores))
    model = linear(weights, [offset, 0])
    return model, images, (scores > offset).astype(int), np.abs(scores - offset), weights[:, 1] - weights[:, 0]


def test_fgsm_breaks_a_linear_network_exactly_where_epsilon_exceeds_the_margin_over_the_l1_norm(plane):
    # Goodfellow et al. 2015, section 3: the logit of a linear model changes by epsilon times the L1 norm of its weights
    model, images, y, margins, normal = plane
    needed = margins / np.abs(normal).sum()
    epsilon = float(np.median(needed))
    found = attack_images(model, images, y, attack="fgsm", epsilon=epsilon)
    clear = np.abs(needed - epsilon) > 1e-5
    np.testing.assert_array_equal(found.success[clear], (needed < epsilon)[clear])
    assert found.sizes.max() <= epsilon + 1e-6


@pytest.mark.parametrize("norm", ["linf", "l2"])
def test_deep_fool_finds_the_distance_to_the_boundary_of_a_linear_network(plane, norm):
    # Moosavi-Dezfooli et al. 2016, equation 3: one projection on the hyperplane, made longer by the overshoot of 2%
    model, images, y, margins, normal = plane
    found = attack_images(model, images, y, attack="deep_fool", norm=norm)
    dual = np.abs(normal).sum() if norm == "linf" else np.linalg.norm(normal)
    assert found.success.all()
    np.testing.assert_allclose(found.sizes, 1.02 * margins / dual, rtol=0.01, atol=1e-4)


def test_carlini_wagner_comes_close_to_the_boundary_of_a_linear_network(plane):
    model, images, y, margins, normal = plane
    found = attack_images(model, images, y, attack="carlini_wagner", steps=600, searches=6)
    ratio = found.sizes[found.success] / (margins / np.linalg.norm(normal))[found.success]
    assert found.success.mean() > 0.95
    assert ratio.min() >= 1 - 1e-3
    assert np.median(ratio) < 1.1


def test_square_in_l2_uses_all_of_epsilon_and_never_crosses_a_boundary_that_is_farther_away(plane):
    # the distance of an image to the boundary of a linear network is its margin over the L2 norm of the weights
    model, images, y, margins, normal = plane
    distance = margins / np.linalg.norm(normal)
    epsilon = 1.5 * float(np.median(distance))
    found = attack_images(model, images, y, attack="square", norm="l2", epsilon=epsilon, steps=400)
    np.testing.assert_allclose(found.sizes, epsilon, rtol=1e-3)  # no image is near black or white
    assert not found.success[distance > epsilon * 1.001].any()
    assert found.success[distance < 0.5 * epsilon].mean() > 0.9


@pytest.mark.parametrize("name", ["fgsm", "pgd", "apgd", "square"])
@pytest.mark.parametrize("norm", ["linf", "l2"])
def test_perturbations_stay_in_their_ball_and_in_the_range_of_pixels(trained, examples, name, norm):
    epsilon = 0.1 if norm == "linf" else 0.5
    steps = {} if name == "fgsm" else {"steps": 10}
    found = attack_images(trained, *examples, attack=name, epsilon=epsilon, norm=norm, early_stop=False, **steps)
    assert found.sizes.max() <= epsilon + 1e-6
    assert found.x.min() >= 0
    assert found.x.max() <= 1
    change = found.pixels.astype(float) / 255 - found.images / 255
    rounded = np.abs(change).max() if norm == "linf" else np.sqrt((change**2).sum(axis=(1, 2, 3))).max()
    assert rounded <= epsilon + 1e-6


def test_verdicts_are_those_of_the_model_itself(trained, examples):
    found = attack_images(trained, *examples, epsilon=0.1, steps=10)
    np.testing.assert_array_equal(found.predicted_as_bytes, np.asarray(trained(found.pixels)).argmax(1))
    np.testing.assert_array_equal(found.success_as_bytes, found.attacked & (found.predicted_as_bytes != found.y))
    wrong = ~found.attacked
    np.testing.assert_array_equal(found.x[wrong], found.images[wrong] / np.float32(255))
    right = found.robust_accuracy(as_bytes=True)
    assert right.value == np.mean(found.attacked & ~found.success_as_bytes)
    assert right.low < right.value < right.high


@pytest.mark.parametrize(
    "options",
    [{}, {"restarts": 3}, {"momentum": 0.9, "norm": "l2"}, {"attack": "eot", "samples": 3, "photograph": NOISY}],
)
def test_the_batch_size_does_not_change_a_result(trained, examples, options):
    epsilon = 0.3 if options.get("norm") else 0.04
    whole, small = (
        attack_images(trained, *examples, epsilon=epsilon, steps=6, batch_size=size, **options) for size in (256, 7)
    )
    np.testing.assert_array_equal(whole.success, small.success)
    np.testing.assert_allclose(whole.x, small.x, atol=1e-5)
    np.testing.assert_array_equal(whole.steps, small.steps)


def test_stopping_early_breaks_the_same_images_in_fewer_steps(trained, examples):
    early, late = (attack_images(trained, *examples, epsilon=0.08, steps=20, early_stop=stop) for stop in (True, False))
    np.testing.assert_array_equal(early.success, late.success)
    assert early.success.mean() > 0.3
    assert early.steps.sum() < 0.8 * late.steps.sum()


@pytest.mark.parametrize("name", ["pgd", "apgd", "square"])
def test_what_is_found_as_bytes_is_adversarial_as_bytes(trained, examples, name):
    floats, rounded = (
        attack_images(trained, *examples, attack=name, epsilon=0.08, steps=40, as_bytes=flag) for flag in (False, True)
    )
    np.testing.assert_array_equal(rounded.success, rounded.success_as_bytes)
    np.testing.assert_allclose(rounded.x * 255, rounded.pixels, atol=1e-3)
    assert rounded.success.sum() >= floats.success_as_bytes.sum() > 0


def test_attacks_reach_a_target(trained, examples):
    x, _ = examples
    y = np.asarray(trained(x)).argmax(1)
    for name in ("pgd", "apgd", "square"):
        found = attack_images(trained, x, y, attack=name, epsilon=0.5, target=(y + 1) % 3, steps=60)
        assert found.success.mean() > 0.9, name
        np.testing.assert_array_equal(found.predicted[found.success], ((y + 1) % 3)[found.success])
    with pytest.raises(DataError, match="deep_fool has no target"):
        attack_images(trained, x, y, attack="deep_fool", target=1)


def test_several_attacks_break_what_any_of_them_breaks(trained, examples):
    found = autoattack_small(trained, *examples, epsilon=0.05, steps=20, queries=50)
    alone = attack_images(trained, *examples, attack="apgd", epsilon=0.05, steps=20)
    assert (found.success >= alone.success).all()
    assert list(found.options["broken_by"]) == ["apgd", "apgd, targeted", "deep_fool", "square"]
    assert sum(found.options["broken_by"].values()) == found.success.sum()


def test_a_security_curve_falls_and_agrees_with_single_attacks(trained, examples):
    curve = security_curve(trained, *examples, epsilons=[0.2, 0.03, 0.06], steps=20)
    values = [estimate.value for estimate in curve.as_floats]
    assert curve.epsilons == (0.0, 0.03, 0.06, 0.2)
    assert values == sorted(values, reverse=True)
    assert all(b.value >= f.value for f, b in zip(curve.as_floats, curve.as_bytes, strict=True))
    alone = attack_images(trained, *examples, epsilon=0.03, steps=20).robust_accuracy()
    assert values[1] == alone.value
    assert values[-1] == 0


def test_what_happens_to_an_image_does_not_depend_on_the_images_before_it(trained, examples):
    # random numbers are those of its index, also if an image before it is wrong and not attacked, or broken by another attack
    x, y = examples
    right = np.flatnonzero(np.asarray(trained(x)).argmax(1) == y)
    wrong = y.copy()
    wrong[right[:5]] = (y[right[:5]] + 1) % 3
    for name, steps in (("pgd", 3), ("square", 20)):
        one, other = (
            attack_images(trained, x, classes, attack=name, epsilon=0.02, early_stop=False, steps=steps)
            for classes in (y, wrong)
        )
        np.testing.assert_allclose(one.x[right[5:]], other.x[right[5:]], atol=1e-5)


def test_what_cannot_be_attacked_is_refused(trained, examples, spot_data):
    x, y = examples
    for wrong, message in [
        ({"epsilon": 8}, "Divide by 255"),
        ({}, "needs epsilon"),
        ({"epsilon": 0.1, "attack": "pdg"}, "Did you mean pgd"),
        ({"epsilon": 0.1, "step": 3}, "no option 'step'"),
        ({"epsilon": 0.1, "attack": "carlini_wagner", "norm": "linf"}, "carlini_wagner has the norms l2"),
        ({"attack": "deep_fool", "as_bytes": True}, "leave out as_bytes"),
        ({"epsilon": 0.1, "target": 3}, "target is a class from 0 to 2"),
        ({"epsilon": 0.1, "loss": "dlr", "attack": "apgd", "targets": 2}, "needs 4 classes"),
    ]:
        with pytest.raises(DataError, match=message):
            attack_images(trained, x, y, **wrong)
    with pytest.raises(DataError, match="one class from 0 to 2 per image"):
        attack_images(trained, x, y + 1, epsilon=0.1)
    with pytest.raises(DataError, match="takes uint8 images"):
        attack_images(trained, x / 255, y, epsilon=0.1)
    with pytest.raises(ModelError, match="needs? logits"):
        attack_images(get_model("image_cnn", dataset=spot_data, activation="auto"), x, y, epsilon=0.1)
    with pytest.raises(ModelError, match="binary or multiclass"):
        attack_images(get_model("mlp", input_shape=(3,), outputs=2), x, y, epsilon=0.1)

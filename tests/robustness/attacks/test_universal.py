"""One perturbation, or one patch, lowers the accuracy on images that it was not made from, and stays in its ball or place."""

import numpy as np
import pytest

from deepbio.errors import DataError
from deepbio.robustness import adversarial_patch, universal_perturbation
from deepbio.robustness.attacks.patch import Patch


@pytest.mark.parametrize(("norm", "epsilon"), [("linf", 0.12), ("l2", 1.0)])
def test_a_universal_perturbation_generalizes_to_other_images(trained, spot_data, examples, norm, epsilon):
    x, y = np.asarray(spot_data.train.x)[:300], np.asarray(spot_data.train.y)[:300]
    found = universal_perturbation(trained, x, y, epsilon=epsilon, norm=norm)
    size = np.abs(found.delta).max() if norm == "linf" else np.linalg.norm(found.delta)
    assert size <= epsilon + 1e-5
    moved = found.apply(examples[0])
    assert moved.dtype == np.uint8
    assert np.abs(moved.astype(int) - examples[0]).max() <= 255 * np.abs(found.delta).max() + 1e-3
    clean = np.mean(np.asarray(trained(examples[0])).argmax(1) == examples[1])
    assert found.accuracy(trained, *examples).value < clean - 0.15
    np.testing.assert_array_equal(found.delta, universal_perturbation(trained, x, y, epsilon=epsilon, norm=norm).delta)


def test_a_radius_that_makes_no_sense_is_refused(trained, examples):
    with pytest.raises(DataError, match="epsilon above 0"):
        universal_perturbation(trained, *examples, epsilon=8)


def test_a_patch_moves_other_images_to_its_target_and_noise_of_its_size_does_not(trained, spot_data, examples):
    learn = np.asarray(spot_data.train.x)[:200], np.asarray(spot_data.train.y)[:200]
    found = adversarial_patch(trained, *learn, size=0.6, target=1, epochs=10, degrees=10)
    noise = np.random.Generator(np.random.Philox(0)).random(found.pixels.shape, np.float32)
    random = Patch(noise, found.size, found.degrees, found.scale, found.target)
    rates = [one.success_rate(trained, *examples) for one in (found, random)]
    assert rates[0].low > rates[1].high, rates
    again = adversarial_patch(trained, *learn, size=0.6, target=1, epochs=10, degrees=10)
    np.testing.assert_array_equal(found.pixels, again.pixels)


def test_a_patch_covers_a_circle_of_its_size_and_nothing_else():
    white = Patch(np.ones((8, 8, 1), np.float32), size=0.4, degrees=180, scale=0.0, target=-1)
    black = np.zeros((50, 20, 30, 1), np.uint8)
    placed = white.apply(black)
    # a circle with a diameter of 0.4 * 20 pixels
    np.testing.assert_allclose(placed.sum(axis=(1, 2, 3)) / 255, np.pi * 4**2, rtol=0.12)
    rows, columns = (np.flatnonzero(placed.max(axis=axes) > 127) for axes in ((0, 2, 3), (0, 1, 3)))
    assert (rows.min(), rows.max()) == (0, 19)
    assert (columns.min(), columns.max()) in [(0, 29), (0, 28), (1, 29)]
    np.testing.assert_array_equal(white.apply(black[:7]), placed[:7])
    assert (white.apply(black, seed=1) != placed).any()


def test_a_patch_that_does_not_fit_is_refused(trained, examples):
    with pytest.raises(DataError, match=r"size \* \(1 \+ scale\) <= 1"):
        adversarial_patch(trained, *examples, size=0.95, scale=0.2)
    with pytest.raises(DataError, match="another class than its target"):
        adversarial_patch(trained, examples[0][:2], np.array([1, 1]), target=1)

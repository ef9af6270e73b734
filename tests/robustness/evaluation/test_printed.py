"""Photographs of printed images: the transformation is what it says, and an attack that expects it survives it."""

import numpy as np
import pytest
import tensorflow as tf

from deepbio.errors import DataError
from deepbio.robustness import Photograph, attack_images, destruction_rate
from deepbio.robustness.corruptions.photograph import NUMBERS

STILL = {
    "gamut": 0, "degrees": 0, "scale": 0, "shift": 0, "perspective": 0, "blur": 0, "brightness": 0, "contrast": 0, "noise": 0,
    "jpeg": None,
}  # fmt: skip
MILD = Photograph(gamut=0.02, degrees=0, scale=0, shift=0, perspective=0, blur=0.3, jpeg=None)


def photograph(image, numbers=(), **options):
    values = np.zeros((1, NUMBERS), np.float32)
    for index, value in dict(numbers).items():
        values[0, index] = value
    noise = np.zeros_like(image)
    return np.asarray(Photograph(**STILL | options).apply(tf.constant(image), tf.constant(values), tf.constant(noise)))


@pytest.fixture
def dot():
    image = np.zeros((1, 9, 9, 1), np.float32)
    image[0, 2, 4] = 1
    return image


def test_a_photograph_without_changes_is_the_image(dot):
    np.testing.assert_array_equal(photograph(dot), dot)
    np.testing.assert_allclose(photograph(dot, degrees=10, scale=0.1, perspective=0.1), dot, atol=1e-5)


def test_a_quarter_turn_moves_a_dot_above_the_middle_to_its_side(dot):
    turned = photograph(dot, {0: 1}, degrees=90)
    assert sorted(np.unravel_index(turned.argmax(), turned.shape)[1:3]) in ([2, 4], [4, 6])
    assert turned[0, 2, 4, 0] < 0.1


def test_ink_light_and_noise_change_values_as_stated(dot):
    assert photograph(dot, gamut=0.1).min() == pytest.approx(0.1)
    assert photograph(dot, gamut=0.1).max() == pytest.approx(0.9)
    assert photograph(dot, {13: 1}, brightness=0.2)[0, 0, 0, 0] == pytest.approx(0.2)
    assert photograph(dot, {12: -1}, contrast=0.5)[0, 0, 0, 0] == pytest.approx(0.25)
    blurred = photograph(dot, {11: 1}, blur=1.0)
    assert blurred.sum() == pytest.approx(1, abs=1e-4)
    assert blurred.max() < 0.5


def test_gradients_pass_through_every_part():
    x = tf.constant(np.random.Generator(np.random.Philox(1)).random((2, 8, 8, 3), np.float32) * 0.5 + 0.25)
    numbers = tf.constant(np.random.Generator(np.random.Philox(2)).uniform(-1, 1, (2, NUMBERS)).astype(np.float32))
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = Photograph().apply(x, numbers, tf.zeros_like(x))
    assert np.abs(np.asarray(tape.gradient(y, x))).mean() > 0.5


def test_an_attack_on_photographs_survives_them_better(trained, examples):
    plain, expected = (
        attack_images(trained, *examples, attack=name, epsilon=0.1, steps=10, **more)
        for name, more in (("pgd", {}), ("eot", {"early_stop": False, "samples": 4, "photograph": MILD}))
    )
    rates = [destruction_rate(trained, found, photograph=MILD, repeats=10) for found in (plain, expected)]
    assert expected.success_as_bytes.sum() >= plain.success_as_bytes.sum()
    assert rates[1].value < rates[0].value - 0.1
    assert rates[0].low < rates[0].value < rates[0].high


def test_a_change_that_makes_no_sense_is_refused():
    with pytest.raises(DataError, match="blur of a photograph"):
        Photograph(blur=2)
    with pytest.raises(DataError, match="1 to 100"):
        Photograph(jpeg=0)

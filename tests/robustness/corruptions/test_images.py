"""Corruptions of images: seeds, severities, and what each kind does."""

import numpy as np
import pytest
from scipy import ndimage

from deepbio.errors import DataError
from deepbio.robustness import IMAGENET_C, IMAGENET_C_224, MEDMNIST_C, Corruption, imagenet_c, medmnist_c
from deepbio.robustness.corruptions.blur import disk
from deepbio.robustness.corruptions.weather import plasma


def smooth_images(n, side, channels, seed=0):
    random = np.random.Generator(np.random.Philox(seed))
    field = ndimage.gaussian_filter(random.standard_normal((n, side, side, channels)), (0, side / 14, side / 14, 0))
    return np.rint(128 + 60 * field / field.std()).clip(0, 255).astype(np.uint8)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("name", IMAGENET_C)
def test_every_kind_of_imagenet_c_returns_bytes_of_the_same_shape_that_repeat(name, channels):
    x = smooth_images(2, 28, channels)
    first = IMAGENET_C[name](x, 5, seed=1)
    assert (first.shape, first.dtype) == (x.shape, np.uint8)
    np.testing.assert_array_equal(first, IMAGENET_C[name](x, 5, seed=1))
    assert (first != x).any()


@pytest.mark.parametrize("name", sorted(set(IMAGENET_C) - {"elastic", "glass_blur", "snow", "fog", "frost"}))
def test_a_higher_severity_changes_more(name):
    x = smooth_images(6, 32, 3)
    change = [np.abs(IMAGENET_C[name](x, s).astype(float) - x).mean() for s in (1, 3, 5)]
    assert change[0] < change[1] < change[2]


def test_an_example_has_the_same_damage_in_another_batch():
    x = smooth_images(4, 28, 1)
    for name in ("impulse_noise", "elastic"):
        np.testing.assert_array_equal(IMAGENET_C[name](x, 3)[:2], IMAGENET_C[name](x[:2], 3))


@pytest.mark.parametrize("dataset", MEDMNIST_C)
def test_every_choice_of_medmnist_c_runs_at_28_pixels(dataset):
    x = smooth_images(1, 28, 3 if dataset in ("pathmnist", "bloodmnist", "dermamnist", "retinamnist") else 1)
    for one in medmnist_c(dataset).values():
        for severity in (1, 5):
            assert one(x, severity).shape == x.shape


def test_noise_has_the_published_size():
    grey = np.full((1, 64, 64, 1), 128, np.uint8)
    assert IMAGENET_C_224["gaussian_noise"](grey, 1).std() == pytest.approx(0.08 * 255, rel=0.05)
    hit = IMAGENET_C_224["impulse_noise"](grey, 5)
    assert (hit != 128).mean() == pytest.approx(0.27, abs=0.02)
    assert set(np.unique(hit)) == {0, 128, 255}
    assert IMAGENET_C_224["shot_noise"](grey, 2).std() / 255 == pytest.approx((0.502 / 25) ** 0.5, rel=0.08)


def test_the_amounts_are_those_of_the_papers():
    assert imagenet_c(32)["jpeg"].amounts == (80, 65, 58, 50, 40)
    assert imagenet_c(224)["defocus_blur"].amounts == ((3, 0.1), (4, 0.5), (6, 0.5), (8, 0.5), (10, 0.5))
    assert medmnist_c("breastmnist")["brightness_up"].amounts == (1.4, 1.5, 1.6, 1.8, 2.0)
    assert len(medmnist_c("dermamnist")) == 15


def test_a_disk_of_one_pixel_covers_that_much_of_its_neighbours():
    kernel = disk(8, 0.01, 1 / 8)  # a disc of radius 1: the middle pixel is covered whole, 1 of an area of pi
    assert kernel[1, 1] == pytest.approx(1 / np.pi, rel=0.05)
    assert kernel.sum() == pytest.approx(1)


def test_blurs_and_compression_keep_the_mean():
    x = smooth_images(3, 32, 3)
    for name in ("defocus_blur", "motion_blur", "zoom_blur", "glass_blur", "pixelate", "jpeg"):
        assert IMAGENET_C[name](x, 5).mean() == pytest.approx(x.mean(), abs=4), name


def test_contrast_and_brightness_are_as_defined():
    x = np.zeros((1, 32, 32, 1), np.uint8)
    x[0, :16] = 200
    np.testing.assert_array_equal(np.unique(IMAGENET_C["contrast"](x, 5)), [85, 115])  # 100 -+ 0.15 * 100
    np.testing.assert_array_equal(np.unique(IMAGENET_C["brightness"](x, 5)), [76, 255])


def test_a_plasma_fractal_fills_its_range_and_is_smoother_with_more_decay():
    first, second = (np.random.Generator(np.random.Philox(0)) for _ in range(2))
    rough, soft = plasma((32, 32), 1.2, first), plasma((32, 32), 3.0, second)
    assert (rough.min(), rough.max()) == (0, 1)
    assert np.abs(np.diff(soft)).mean() < np.abs(np.diff(rough)).mean() / 2


def test_what_does_not_exist_is_refused():
    with pytest.raises(DataError, match="1 to 5"):
        IMAGENET_C["jpeg"](smooth_images(1, 28, 1), 6)
    with pytest.raises(DataError, match="pathmnist"):
        medmnist_c("pathmnits")
    with pytest.raises(DataError, match="5 amounts"):
        Corruption("own", "own", lambda x, amount, random: x, (1, 2))


def test_no_image_is_no_image():
    assert IMAGENET_C["jpeg"](np.zeros((0, 28, 28, 1), np.uint8), 1).shape == (0, 28, 28, 1)

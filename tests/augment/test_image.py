"""Operations on images move masks with their images, and change what their names say."""

import numpy as np
import pytest
import tensorflow as tf

from deepbio.augment import augmentation
from deepbio.specs import ModelInput, Task

INPUT = ModelInput("image", (24, 20, 3))
BINARY = Task("binary", 1)


def images(n=12):
    return tf.constant(np.random.default_rng(5).integers(0, 256, (n, *INPUT.shape), np.uint8))


# The mask is made from the image, so it must still fit after the change.
MOVING = ["flip", {"flip": {"horizontal": False, "vertical": True}}, "shift", "rotate", "zoom", "crop", "elastic"]


@pytest.mark.parametrize("name", MOVING, ids=str)
def test_masks_move_with_their_images(name):
    x = np.zeros((16, 40, 40, 1), np.uint8)
    for i, image in enumerate(x):
        image[8 + i : 20 + i, 6:22] = 200
    task = Task("per_pixel", 2)
    augment = augmentation([name], ModelInput("image", x.shape[1:]), task)
    found = augment(tf.constant(x), tf.constant((x[..., 0] > 100).astype(np.int32)), [0, 0, 1])
    inside = found.x.numpy()[..., 0] > 100
    assert found.y.dtype == tf.int32
    assert (inside != (x[..., 0] > 100)).any()
    overlap = (inside & (found.y.numpy() == 1)).sum() * 2 / (inside.sum() + (found.y.numpy() == 1).sum())
    assert overlap > 0.97


def test_changes_of_values_leave_masks_alone():
    x = images()
    y = tf.constant(np.random.default_rng(6).integers(0, 3, (12, 24, 20)), tf.int32)
    augment = augmentation(["contrast", "noise", "blur", "cutout", "stain"], INPUT, Task("per_pixel", 3))
    np.testing.assert_array_equal(augment(x, y, [0]).y, y)


def test_a_flip_mirrors_half_of_the_images_exactly():
    x, y = images(400), tf.zeros(400, tf.int32)
    found = augmentation("flip", INPUT, BINARY)(x, y, [0]).x.numpy()
    same = (found == x.numpy()).all(axis=(1, 2, 3))
    mirrored = (found == x.numpy()[:, :, ::-1]).all(axis=(1, 2, 3))
    assert (same ^ mirrored).all()
    assert 150 < mirrored.sum() < 250


def test_elastic_warping_moves_down_and_right_by_different_amounts():
    rows = np.broadcast_to(3 * np.arange(64, dtype=np.uint8)[None, :, None, None], (1, 64, 64, 1))
    columns = rows.transpose(0, 2, 1, 3)
    augment = augmentation({"elastic": {"strength": 0.05}}, ModelInput("image", (64, 64, 1)), BINARY)
    down, right = (
        (augment(tf.constant(np.ascontiguousarray(v)), tf.constant([0]), [1]).x.numpy().astype(float) - v) / 3
        for v in (rows, columns)
    )
    assert abs(np.corrcoef(down.ravel(), right.ravel())[0, 1]) < 0.9
    assert 0.3 < down.std() < 6


def test_stains_separated_and_combined_again_are_the_same_colours():
    x, y = images(), tf.zeros(12, tf.int32)
    found = augmentation({"stain": {"factor": 0, "shift": 0}}, INPUT, BINARY)(x, y, [0]).x.numpy()
    assert np.abs(found.astype(int) - x.numpy()).max() <= 1


def test_stain_jitter_changes_the_stain_and_leaves_white():
    white = np.full((8, 4, 4, 3), 255, np.uint8)
    tissue = np.full((8, 4, 4, 3), (150, 60, 140), np.uint8)
    augment = augmentation({"stain": {"factor": 0.3, "shift": 0}}, ModelInput("image", (4, 4, 3)), BINARY)
    assert (augment(tf.constant(white), tf.zeros(8, tf.int32), [0]).x.numpy() == 255).all()
    assert augment(tf.constant(tissue), tf.zeros(8, tf.int32), [0]).x.numpy().std(axis=0).min() > 5


def test_mixup_weights_both_labels_as_the_images():
    x = np.zeros((64, 4, 4, 1), np.uint8)
    x[::2] = 200
    y = (np.arange(64) % 2 == 0).astype(np.int32)
    found = augmentation({"mixup": {"alpha": 1.0}}, ModelInput("image", (4, 4, 1)), BINARY)(
        tf.constant(x), tf.constant(y), [0]
    )
    weight = found.other_weight.numpy()
    expected = (1 - weight) * found.y.numpy() + weight * found.other_y.numpy()
    np.testing.assert_allclose(found.x.numpy()[:, 0, 0, 0] / 200, expected, atol=0.01)
    assert ((weight > 0) & (weight < 1)).all()


def test_cutmix_counts_the_pixels_of_each_image():
    x = np.zeros((64, 16, 16, 1), np.uint8)
    x[::2] = 200
    y = (np.arange(64) % 2 == 0).astype(np.int32)
    spec = ModelInput("image", (16, 16, 1))
    found = augmentation("cutmix", spec, BINARY)(tf.constant(x), tf.constant(y), [0])
    weight = found.other_weight.numpy()
    expected = (1 - weight) * found.y.numpy() + weight * found.other_y.numpy()
    np.testing.assert_allclose((found.x.numpy() > 100).mean(axis=(1, 2, 3)), expected, atol=1e-6)
    masks = tf.constant((x[..., 0] > 0).astype(np.int32))
    cut = augmentation("cutmix", spec, Task("per_pixel", 2))(tf.constant(x), masks, [0])
    np.testing.assert_array_equal(cut.y.numpy() == 1, cut.x.numpy()[..., 0] > 100)

"""Pixels of unknown class, -1, count neither in metrics nor in the loss."""

import numpy as np
import pytest

from deepbio.metrics import confusion_matrix, metric, summarize
from deepbio.specs import Task
from deepbio.training.steps.losses import loss_for

TASK = Task("per_pixel", 3)


@pytest.fixture
def pixels():
    draw = np.random.default_rng(0)
    y, p = draw.integers(0, 3, (6, 4, 5)), draw.dirichlet(np.ones(3), (6, 4, 5))
    y[:, :, 3:] = -1
    return y, p


@pytest.mark.parametrize("name", ["mean_dice", "mean_iou", "accuracy", "balanced_accuracy", "mcc", "kappa"])
def test_metrics_are_those_of_the_known_pixels(pixels, name):
    y, p = pixels
    function = metric(name).function
    assert function(y, p) == pytest.approx(function(y[:, :, :3], p[:, :, :3]), abs=1e-12)


def test_an_image_without_a_known_pixel_is_left_out(pixels):
    y, p = pixels
    y[0] = -1
    assert metric("accuracy").function(y, p) == pytest.approx(metric("accuracy").function(y[1:], p[1:]), abs=1e-12)
    assert confusion_matrix(TASK, y, p).sum() == 5 * 4 * 3
    found = summarize(TASK, y, p, n_resamples=50)
    assert found["mean_dice"].low < found["mean_dice"].value < found["mean_dice"].high


def test_the_loss_and_its_gradient_pass_over_them(pixels):
    import tensorflow as tf

    y, p = pixels
    logits = tf.Variable(np.log(p).astype(np.float32))
    with tf.GradientTape() as tape:
        whole = loss_for(TASK)(y, logits)
    gradient = tape.gradient(whole, logits).numpy()
    part = loss_for(TASK)(y[:, :, :3], logits[:, :, :3])
    np.testing.assert_allclose(whole, part, rtol=1e-5)
    assert np.abs(gradient[:, :, :3]).min() > 0
    assert not gradient[:, :, 3:].any()

"""Losses for class imbalance equal the formulas of their papers, and help with rare classes and grades."""

import keras
import numpy as np
import pytest

from deepbio import metrics
from deepbio.datasets import Dataset, balanced_order
from deepbio.errors import DataError, TrainingError
from deepbio.inference import predict
from deepbio.specs import Task
from deepbio.training import fit
from deepbio.training.settings import resolve
from deepbio.training.steps.losses import loss_for
from deepbio.zoo import get_model


def test_the_focal_loss_is_that_of_keras():
    random = np.random.Generator(np.random.Philox(21))
    z, y = random.normal(size=(9, 1)).astype(np.float32) * 4, random.integers(0, 2, 9)
    expected = keras.losses.BinaryFocalCrossentropy(gamma=2.0, from_logits=True, reduction=None)(
        y[:, None].astype(np.float32), z
    )
    np.testing.assert_allclose(loss_for(Task("binary", 1), "focal")(y, z), expected, rtol=1e-4, atol=1e-7)
    z, y = random.normal(size=(9, 4)).astype(np.float32) * 4, random.integers(0, 4, 9)
    expected = keras.losses.CategoricalFocalCrossentropy(alpha=1.0, gamma=1.5, from_logits=True, reduction=None)(
        np.eye(4)[y].astype(np.float32), z
    )
    np.testing.assert_allclose(
        loss_for(Task("multiclass", 4), "focal", focal_gamma=1.5)(y, z), expected, rtol=1e-3, atol=1e-6
    )


def test_the_focal_loss_without_focus_is_the_cross_entropy():
    random = np.random.Generator(np.random.Philox(21))
    z, y = random.normal(size=(9, 3)).astype(np.float32), np.array([[1, np.nan, 0]] * 9, np.float32)
    task = Task("multilabel", 3)
    np.testing.assert_allclose(loss_for(task, "focal", focal_gamma=0.0)(y, z), loss_for(task)(y, z), rtol=1e-5)


@pytest.mark.parametrize("task", [Task("binary", 1), Task("multiclass", 3)], ids=lambda t: t.kind)
def test_logit_adjustment_adds_the_logarithm_of_the_frequencies(task):
    random = np.random.Generator(np.random.Philox(21))
    classes = max(task.outputs, 2)
    y = np.repeat(np.arange(classes), [60, 30, 10][:classes])
    z = random.normal(size=(len(y), task.outputs)).astype(np.float32)
    frequencies = np.bincount(y) / len(y)
    full = np.concatenate([np.zeros((len(y), 1)), z], axis=1) if task.kind == "binary" else z
    full = full + 0.5 * np.log(frequencies)
    expected = np.log(np.exp(full).sum(1)) - full[np.arange(len(y)), y]
    found = loss_for(task, "logit_adjusted", adjustment=0.5, y=y)(y, z)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-6)


def test_the_ordinal_loss_is_the_cross_entropy_of_every_threshold():
    random = np.random.Generator(np.random.Philox(21))
    z, y = random.normal(size=(9, 5)).astype(np.float32) * 3, random.integers(0, 5, 9)
    p = np.exp(z.astype(np.float64))
    above = 1 - (p / p.sum(1, keepdims=True)).cumsum(1)[:, :-1]
    truth = y[:, None] > np.arange(4)
    expected = -np.where(truth, np.log(above), np.log1p(-above)).mean(1)
    np.testing.assert_allclose(loss_for(Task("multiclass", 5), "ordinal")(y, z), expected, rtol=1e-4)


def test_a_grade_farther_off_costs_more():
    z = np.zeros((5, 5), np.float32)
    z[:, 0] = 4
    cost = np.asarray(loss_for(Task("multiclass", 5), "ordinal")(np.arange(5), z))
    assert (np.diff(cost) > 0).all()
    plain = np.asarray(loss_for(Task("multiclass", 5))(np.arange(5), z))
    assert np.ptp(plain[1:]) < 1e-5


@pytest.mark.parametrize("name", ["focal", "logit_adjusted", "ordinal"])
def test_losses_for_classes_are_refused_for_numbers(name):
    with pytest.raises(TrainingError, match="Use loss='auto'"):
        loss_for(Task("regression", 1), name, y=np.zeros(3))


def test_smoothing_stays_out_of_the_focal_loss():
    with pytest.raises(TrainingError, match="Set it to 0"):
        loss_for(Task("binary", 1), "focal", label_smoothing=0.1)
    assert resolve({"label_smoothing": 0.1}, {"loss": "focal"}).label_smoothing == 0
    assert resolve({"label_smoothing": 0.1}, {"loss": "logit_adjusted"}).label_smoothing == 0.1


def test_balanced_sampling_visits_each_class_equally_often_and_rare_examples_in_turn():
    y = np.array([0] * 70 + [1] * 20 + [2] * 10)
    order = balanced_order(y, seed=3, epoch=2)
    assert len(order) == 100
    assert sorted(np.bincount(y[order])) == [33, 33, 34]
    often = np.bincount(order, minlength=100)
    assert set(often[:70]) == {0, 1}
    assert set(often[70:90]) == {1, 2}
    assert set(often[90:]) == {3, 4}
    assert (order == balanced_order(y, seed=3, epoch=2)).all()
    assert (order != balanced_order(y, seed=3, epoch=3)).any()
    with pytest.raises(DataError, match="0 or more"):
        balanced_order(y, seed=-1)


def imbalanced(n=3000, rare=0.04):
    """Two clouds that overlap, one of them rare."""
    random = np.random.Generator(np.random.Philox(21))
    y = (random.random(n) < rare).astype(np.int64)
    x = random.normal(size=(n, 2)) + 1.5 * y[:, None]
    return Dataset.from_arrays(x.astype(np.float32), y, labels=["common", "rare"])


def grades(n=1500):
    """Five grades of a hidden severity, the worst ones rare."""
    random = np.random.Generator(np.random.Philox(21))
    severity = random.exponential(1.0, n)
    x = np.stack([severity, severity**2], axis=1) + random.normal(size=(n, 2)) * 0.8
    return Dataset.from_arrays(x.astype(np.float32), np.digitize(severity, [0.5, 1.2, 2.0, 3.0]))


TRAINING = {"epochs": 12, "batch_size": 64, "optimizer": "adam", "learning_rate": 0.02, "patience": 0, "verbose": False}


def score(name, data, **settings):
    model = get_model("logistic", dataset=data, seed=0)
    fit(model, data, seed=0, **TRAINING, **settings)
    return metrics.value(name, data.task, data.test.y, predict(model, data.test))


@pytest.mark.parametrize(
    "settings",
    [{"loss": "logit_adjusted"}, {"sampling": "balanced"}, {"class_weight": "balanced"}],
    ids=["logit_adjusted", "balanced sampling", "class weights"],
)
def test_a_rare_class_is_found_more_often(settings):
    data = imbalanced()
    plain = score("balanced_accuracy", data)
    assert plain < 0.75
    assert score("balanced_accuracy", data, **settings) > plain + 0.1


def test_balanced_sampling_is_refused_for_numbers():
    random = np.random.Generator(np.random.Philox(21))
    data = Dataset.from_arrays(random.normal(size=(60, 2)).astype(np.float32), random.normal(size=(60, 1)))
    with pytest.raises(TrainingError, match="for classes; the task is regression"):
        fit(get_model("mlp", dataset=data, seed=0), data, sampling="balanced", verbose=False)


def test_grades_are_monitored_by_quadratic_kappa():
    data = grades()
    found = score("quadratic_kappa", data, loss="ordinal", monitor="quadratic_kappa")
    assert found > 0.6

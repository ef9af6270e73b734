"""Steps whose graph knows the size of their batch, with a smaller last batch in a graph of its own or in the same."""

import numpy as np
import pytest
import tensorflow as tf

from deepbio.datasets import Dataset, Split
from deepbio.specs import ModelInput, Task
from deepbio.training import fit
from deepbio.training.steps import step
from deepbio.training.steps.losses import loss_for
from deepbio.zoo import get_model

BATCH = 4


def of(examples):
    draw = np.random.Generator(np.random.Philox(examples))
    splits = [Split(draw.normal(size=(n, 3)).astype(np.float32), draw.integers(0, 2, n)) for n in (examples, 20, 20)]
    return Dataset("drawn", Task("binary", 1), ModelInput("table", (3,)), *splits)


def trained(data, sizes, **settings):
    """Train with a loss that records the sizes of batches known where it is traced; return the losses and the model."""
    known = loss_for(data.task)

    def loss(y, logits):
        if not tf.executing_eagerly():
            sizes.append(logits.shape[0])
        return known(y, logits)

    model = get_model("mlp", dataset=data, seed=0, dropout=0.2)
    run = fit(model, data, batch_size=BATCH, epochs=2, seed=0, loss=loss, verbose=False, **settings)
    return run.history["loss"], model.get_weights()


@pytest.mark.parametrize(
    ("examples", "known"), [(80, {BATCH}), (81, {None}), (4 * 100, {BATCH}), (4 * 100 + 1, {BATCH, None})]
)
@pytest.mark.parametrize("cache", ["device", "none"])
def test_the_graph_knows_the_size_of_equal_batches_and_of_many(examples, known, cache):
    sizes = []
    trained(of(examples), sizes, cache=cache)
    assert set(sizes) == known


@pytest.mark.parametrize("examples", [80, 4 * 100 + 3])
def test_training_ends_where_it_does_without_the_size(examples, monkeypatch):
    data = of(examples)
    losses, weights = trained(data, [])
    monkeypatch.setattr(step.Step, "sized_steps", 0)
    sizes = []
    expected, expected_weights = trained(data, sizes)
    assert set(sizes) == {None}
    np.testing.assert_allclose(losses, expected, rtol=1e-5)
    for a, b in zip(weights, expected_weights, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-5)


def test_micro_batches_are_traced_for_any_size():
    sizes = []
    trained(of(80), sizes, accumulate=2)
    assert set(sizes) == {None}

"""Learning rates that fall with depth, for every optimizer in the step and not in the gradient."""

import keras
import numpy as np
import pytest

import deepbio
from deepbio.training.finetuning import layer_groups
from deepbio.training.settings import OPTIMIZERS
from deepbio.training.steps.optimizers import with_layerwise_rates
from deepbio.zoo import get_model
from tests.training.finetuning.conftest import windows


def kernel_steps(trained, **options):
    """Return the change of the kernel of each layer group in one step."""
    data = windows(60)
    run = deepbio.finetune(
        trained, data, epochs=1, batch_size=len(data.train), schedule="constant", warmup=0.0, clip_norm=None, weight_decay=0.0,
        verbose=False, **options,
    )  # fmt: skip
    old = {layer.names[1]: layer.layer for layer in layer_groups(get_model(trained))}
    return {
        layer.group: layer.layer.get_weights()[0] - old[layer.names[1]].get_weights()[0]
        for layer in layer_groups(run.model)
        if not layer.head and layer.names[1].startswith(("conv", "dense"))
    }


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_early_layers_move_less_in_the_stated_ratio(trained, optimizer):
    whole = kernel_steps(trained, optimizer=optimizer, layer_decay=1.0, learning_rate=0.01)
    decayed = kernel_steps(trained, optimizer=optimizer, layer_decay=0.5, learning_rate=0.01)
    for group, fraction in {1: 1 / 16, 2: 1 / 8, 3: 1 / 4, 4: 1 / 2}.items():  # the head is group 5
        large = np.abs(whole[group]) > 1e-4
        assert large.any()
        np.testing.assert_allclose(decayed[group][large] / whole[group][large], fraction, rtol=2e-2)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_optimizer_scales_its_step_by_the_rate(name):
    kind = {"adam": "Adam", "adamw": "AdamW", "lion": "Lion", "nadam": "Nadam", "rmsprop": "RMSprop", "sgd": "SGD"}[
        name
    ]
    variables = [keras.Variable([1.0, -2.0]) for _ in range(2)]
    optimizer = with_layerwise_rates(getattr(keras.optimizers, kind), [1.0, 0.25])(learning_rate=0.01)
    optimizer.weight_decay = 0.1
    optimizer.build(variables)
    start = [v.numpy().copy() for v in variables]
    optimizer.apply([keras.ops.array([0.3, 5.0])] * 2, variables)
    steps = [v.numpy() - s for v, s in zip(variables, start, strict=True)]
    # the step that follows the weight decay does not depend on the weight, so both parts are scaled exactly
    np.testing.assert_allclose(steps[1], 0.25 * steps[0], rtol=1e-4)


def test_sgd_with_half_the_rate_takes_half_the_step():
    variables = [keras.Variable([1.0]), keras.Variable([1.0])]
    optimizer = with_layerwise_rates(keras.optimizers.SGD, [1.0, 0.5])(learning_rate=0.1)
    optimizer.build(variables)
    optimizer.apply([keras.ops.array([1.0])] * 2, variables)
    assert [round(float(v.numpy()[0]), 6) for v in variables] == [0.9, 0.95]  # 1 - 0.1 * 1, 1 - 0.05 * 1

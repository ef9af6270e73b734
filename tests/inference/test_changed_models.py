"""A model that was changed after a prediction predicts as it is now, not as it was traced."""

import keras
import numpy as np
import pytest

from deepbio.inference import predict
from deepbio.inference.forward import forward_pass
from deepbio.zoo import get_model


def _enable_lora(model):
    dense = next(layer for layer in model.layers if isinstance(layer, keras.layers.Dense))
    dense.enable_lora(2)
    dense.lora_kernel_b.assign(np.full(dense.lora_kernel_b.shape, 0.5, np.float32))


def _change_activation(model):
    next(layer for layer in model.layers if isinstance(layer, keras.layers.Dense)).activation = keras.activations.tanh


def _change_dtype(model):
    model.layers[-1].dtype_policy = keras.DTypePolicy("mixed_bfloat16")


def _change_number(model):
    next(layer for layer in model.layers if isinstance(layer, keras.layers.LeakyReLU)).negative_slope = 0.9


def _quantize(model):
    for layer in model.layers:
        if isinstance(layer, keras.layers.Dense):
            layer.quantize("int8")


def _replace_call(model):
    model.call = lambda x, training=None: model.part(x) + 1.0


def _pop_layer(model):
    model.pop()


class Small(keras.Model):
    def __init__(self):
        super().__init__()
        self.part = keras.layers.Dense(2)

    def call(self, x, training=None):
        return self.part(x)


def _functional():
    inputs = keras.Input((3,))
    x = keras.layers.LeakyReLU()(keras.layers.Dense(4)(inputs))
    return keras.Model(inputs, keras.layers.Dense(2)(x))


def _subclassed():
    model = Small()
    model(np.zeros((1, 3), np.float32))
    return model


def _sequential():
    return keras.Sequential([keras.Input((3,)), keras.layers.Dense(4), keras.layers.ReLU()])


WAYS = {
    "LoRA": (_functional, _enable_lora),
    "int8": (_functional, _quantize),
    "activation": (_functional, _change_activation),
    "dtype policy": (_functional, _change_dtype),
    "number of a layer": (_functional, _change_number),
    "replaced call": (_subclassed, _replace_call),
    "removed layer": (_sequential, _pop_layer),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_changed_model_predicts_as_keras_runs_it_now(way):
    build, change = WAYS[way]
    keras.utils.set_random_seed(0)
    model = build()
    x = np.random.default_rng(0).normal(size=(5, 3)).astype(np.float32)
    before = predict(model, x, logits=True)
    change(model)
    now = keras.ops.convert_to_numpy(model(x, training=False)).astype(np.float32)
    np.testing.assert_allclose(predict(model, x, logits=True), now, rtol=1e-4, atol=1e-5)
    assert not np.array_equal(before, now)  # the change matters


def test_a_model_that_did_not_change_is_traced_once():
    model, x = get_model("mlp", input_shape=(5,), outputs=2, seed=0), np.zeros((2, 5), np.float32)
    predict(model, x, logits=True)
    first = forward_pass(model)
    model.set_weights([w + 1 for w in model.get_weights()])
    model.compile("sgd", "mse")
    model.fit(x, np.zeros((2, 2)), verbose=0)
    model.predict(x, verbose=0)
    predict(model, x, logits=True)
    assert forward_pass(model) is first


@pytest.mark.parametrize("copied", [keras.models.clone_model, lambda model: keras.Sequential([model])])
def test_a_copy_that_lost_its_task_says_that_it_returns_outputs_as_they_are(copied, caplog):
    copy = copied(get_model("mlp", input_shape=(5,), outputs=2, seed=0))
    x = np.zeros((2, 5), np.float32)
    copy(x)
    predict(copy, x, logits=True)
    assert "task is not known" not in caplog.text
    predict(copy, x)
    assert "task is not known" in caplog.text

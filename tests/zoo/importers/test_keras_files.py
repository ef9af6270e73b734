"""HDF5 and `.keras` files of DeepSTARR and ChromBPNet, as Keras 2 and Keras 3 write them."""

from typing import Any

import h5py
import keras
import numpy as np
import pytest

from deepbio.errors import WeightsError
from deepbio.zoo.importers import import_weights
from deepbio.zoo.importers.fill import variables_by_name


def keras2(path, layers):
    """Write weights as Keras 2 did: `LAYER/LAYER/variable:0`."""
    with h5py.File(path, "w") as file:
        for where, variables in layers.items():
            for variable, array in variables.items():
                file[f"{where}/{variable}:0"] = array


def deepstarr_layers(filters=(4, 3, 3, 2), units=(6, 5)):
    random, layers, before, width = np.random.Generator(np.random.Philox(3)), {}, 4, (7, 3, 5, 3)
    names = ["Conv1D_1st", "Conv1D_2", "Conv1D_3", "Conv1D_4", "Dense_1", "Dense_2", "Dense_Dev", "Dense_Hk"]
    for i, (name, n) in enumerate(zip(names, (*filters, *units, 1, 1), strict=True)):
        rows = {4: 15 * filters[-1], 7: units[-1]}.get(i, before)
        shape = (width[i], rows, n) if i < 4 else (rows, n)
        layers[f"{name}/{name}"] = {"kernel": random.normal(size=shape), "bias": random.normal(size=n)}
        before = n
        if i < 6:
            bn = f"batch_normalization_{i + 8}"  # numbers go on from models built before
            layers[f"{bn}/{bn}"] = {
                part: np.full(n, i + 0.5) for part in ("gamma", "beta", "moving_mean", "moving_variance")
            }
    return layers


def test_deepstarr_orders_its_normalizations_by_number_and_joins_its_heads(tmp_path):
    layers = deepstarr_layers()
    keras2(tmp_path / "DeepSTARR.model.h5", layers)
    model = import_weights("deepstarr", tmp_path / "DeepSTARR.model.h5")
    got = variables_by_name(model)
    assert [float(got[f"{name}_norm/gamma"][0]) for name in ("conv_1", "conv_4", "dense_2")] == [0.5, 3.5, 5.5]
    heads = [layers[f"Dense_{task}/Dense_{task}"]["kernel"][:, 0] for task in ("Dev", "Hk")]
    np.testing.assert_allclose(got["head/kernel"], np.stack(heads, axis=1), rtol=1e-6)


def bpnet_layers(prefix, where, filters, depth):
    random = np.random.Generator(np.random.Philox(filters))
    names = {f"{prefix}bpnet_1st_conv": (21, 4, filters)}
    names |= {f"{prefix}bpnet_{i}conv": (3, filters, filters) for i in range(1, depth + 1)}
    names |= {
        f"{prefix}bpnet_prof_out_precrop" if prefix else "prof_out_precrop": (75, filters, 1),
        f"{prefix}bpnet_logcount_predictions" if prefix else "logcount_predictions": (filters, 1),
    }
    return {
        f"{where or name}/{name}": {"kernel": random.normal(size=shape) * 0.1, "bias": random.normal(size=shape[-1])}
        for name, shape in names.items()
    }


def test_chrombpnet_is_the_sum_of_its_two_networks_in_log_space(tmp_path):
    both = bpnet_layers("wo_bias_", "model_wo_bias", 6, 3) | bpnet_layers("", "model_1", 4, 2)
    keras2(tmp_path / "chrombpnet.h5", {f"model_weights/{name}": parts for name, parts in both.items()})
    keras2(tmp_path / "chrombpnet_nobias.h5", bpnet_layers("wo_bias_", "", 6, 3))
    keras2(tmp_path / "bias_model_scaled.h5", bpnet_layers("", "", 4, 2))
    codes = np.random.Generator(np.random.Philox(1)).integers(0, 5, (2, 160)).astype(np.uint8)
    rates = {}
    for name in ("chrombpnet", "chrombpnet_nobias", "bias_model_scaled"):
        model = import_weights("chrombpnet", tmp_path / f"{name}.h5", length=160)
        rates[name] = np.asarray(model.predict_on_batch(codes), np.float64)[..., 0]
    positions = rates["chrombpnet"].shape[1]
    extra = (rates["bias_model_scaled"].shape[1] - positions) // 2
    totals = {name: np.log(np.exp(one).sum(axis=1)) for name, one in rates.items()}
    np.testing.assert_allclose(
        totals["chrombpnet"], np.logaddexp(totals["chrombpnet_nobias"], totals["bias_model_scaled"]), atol=1e-5
    )
    profile = rates["chrombpnet_nobias"] + rates["bias_model_scaled"][:, extra : extra + positions]
    difference = profile - rates["chrombpnet"]
    np.testing.assert_allclose(difference, difference.mean(axis=1, keepdims=True) + 0 * difference, atol=1e-4)


def test_a_layer_that_is_there_twice_is_an_error(tmp_path):
    layers = bpnet_layers("", "", 4, 2)
    keras2(tmp_path / "w.h5", layers | {f"again/{name}": parts for name, parts in layers.items()})
    with pytest.raises(WeightsError, match="2 arrays bpnet_1st_conv/kernel"):
        import_weights("chrombpnet", tmp_path / "w.h5", length=160)


def deepstarr_network(filters=(4, 3, 3, 2), units=(6, 5)):
    """Return the network of the authors' notebook with random weights, by Keras 3."""
    layers = keras.layers
    inputs: Any = keras.Input((249, 4))
    x = inputs
    for i, (n, width) in enumerate(zip(filters, (7, 3, 5, 3), strict=True), start=1):
        x = layers.Conv1D(n, width, padding="same", name="Conv1D_1st" if i == 1 else f"Conv1D_{i}")(x)
        x = layers.MaxPooling1D(2)(layers.Activation("relu")(layers.BatchNormalization()(x)))
    x = layers.Flatten()(x)
    for i, n in enumerate(units, start=1):
        x = layers.Dropout(0.4)(
            layers.Activation("relu")(layers.BatchNormalization()(layers.Dense(n, name=f"Dense_{i}")(x)))
        )
    return randomized(keras.Model(inputs, [layers.Dense(1, name=f"Dense_{task}")(x) for task in ("Dev", "Hk")]))


def chrombpnet_network(filters=6, depth=3):
    """Return the accessibility model of ChromBPNet with random weights, by Keras 3: outputs before the crop."""
    layers = keras.layers
    inputs: Any = keras.Input((160, 4))
    x = layers.Conv1D(filters, 21, activation="relu", name="wo_bias_bpnet_1st_conv")(inputs)
    for i in range(1, depth + 1):
        y = layers.Conv1D(filters, 3, dilation_rate=2**i, activation="relu", name=f"wo_bias_bpnet_{i}conv")(x)
        x = layers.Add()([layers.Cropping1D(2**i)(x), y])
    profile = layers.Flatten()(layers.Conv1D(1, 75, name="wo_bias_bpnet_prof_out_precrop")(x))
    counts = layers.Dense(1, name="wo_bias_bpnet_logcount_predictions")(layers.GlobalAveragePooling1D()(x))
    return randomized(keras.Model(inputs, [profile, counts]))


def randomized(network):
    random = np.random.Generator(np.random.Philox(5))
    for weight in network.weights:
        noise = random.normal(size=weight.shape) * (0.3 if len(weight.shape) > 1 else 0.1)
        weight.assign(1 + np.abs(noise) if "variance" in weight.path or "gamma" in weight.path else noise)
    return network


def as_keras_3_saves(network, path):
    """Save a network in one of the four ways of Keras 3; in the last it is a layer of another network, and was trained."""
    if path.name == "nested.weights.h5":
        inputs: Any = keras.Input(network.input_shape[1:])
        network = keras.Model(inputs, network(inputs))
        network.compile("adam", "mse")
        network.optimizer.build(network.trainable_variables)
    if path.name.endswith(".weights.h5"):
        network.save_weights(path)
    else:
        network.save(path)


KERAS_3 = ["model.h5", "model.weights.h5", "nested.weights.h5", "model.keras"]


@pytest.mark.filterwarnings("ignore:You are saving:UserWarning")
@pytest.mark.parametrize("name", KERAS_3)
def test_deepstarr_of_keras_3_predicts_as_keras(name, tmp_path):
    network = deepstarr_network()
    as_keras_3_saves(network, tmp_path / name)
    model = import_weights("deepstarr", tmp_path / name)
    codes = np.random.Generator(np.random.Philox(1)).integers(0, 5, (2, 249)).astype(np.uint8)
    expected = np.concatenate(network.predict_on_batch(np.eye(5, 4, dtype=np.float32)[codes]), axis=1)
    np.testing.assert_allclose(model.predict_on_batch(codes), expected, atol=1e-5 * np.abs(expected).max())


@pytest.mark.filterwarnings("ignore:You are saving:UserWarning")
@pytest.mark.parametrize("name", KERAS_3)
def test_chrombpnet_of_keras_3_predicts_as_keras(name, tmp_path):
    network = chrombpnet_network()
    as_keras_3_saves(network, tmp_path / name)
    model = import_weights("chrombpnet", tmp_path / name, length=160)
    codes = np.random.Generator(np.random.Philox(1)).integers(0, 5, (2, 160)).astype(np.uint8)
    profile, counts = network.predict_on_batch(np.eye(5, 4, dtype=np.float32)[codes])
    rates = np.asarray(model.predict_on_batch(codes), np.float64)[..., 0]
    np.testing.assert_allclose(np.log(np.exp(rates).sum(axis=1)), counts[:, 0], atol=1e-5)
    np.testing.assert_allclose(rates - rates[:, :1], profile - profile[:, :1], atol=1e-4)


def test_a_numbered_layer_without_a_bias_is_not_guessed(tmp_path):
    network = deepstarr_network()
    network.save_weights(tmp_path / "w.weights.h5")
    with h5py.File(tmp_path / "w.weights.h5", "a") as file:
        del file["layers/dense/vars/1"]
    with pytest.raises(WeightsError, match="missing: Dense_1/kernel"):
        import_weights("deepstarr", tmp_path / "w.weights.h5")

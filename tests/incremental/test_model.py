"""Incremental inference: any network that looks at positions, changes of every kind, nothing compiled twice."""

import keras
import numpy as np
import pytest

from deepbio.errors import ModelError
from deepbio.incremental.model import Alternates, IncrementalModel
from deepbio.incremental.network import read_network
from deepbio.sequence import reverse_complement


def network(kind):
    """Build a model `(batch, 301, 4)` to `(batch, positions, 2)`, each position with its whole context."""
    keras.utils.set_random_seed(1)
    inputs = keras.Input((301, 4))
    x = keras.layers.Conv1D(6, 7, padding="same", activation="relu")(inputs)
    if kind == "valid":
        x = keras.layers.Conv1D(6, 4, dilation_rate=3)(x)
        x = keras.layers.Conv1D(2, 5, activation="tanh")(x)
        return keras.Model(inputs, keras.layers.Cropping1D(40)(x))
    if kind == "causal":
        x = keras.layers.Conv1D(6, 5, padding="causal", dilation_rate=2, activation="gelu")(x)
    if kind == "residual":
        for dilation in (1, 2, 4):
            branch = keras.layers.BatchNormalization(beta_initializer="random_normal")(x)
            branch = keras.layers.ReLU()(branch)
            branch = keras.layers.Conv1D(6, 3, padding="same", dilation_rate=dilation, use_bias=False)(branch)
            x = keras.layers.Add()([branch, x])
        x = keras.layers.Dropout(0.5)(x)
    x = keras.layers.Conv1D(2, 1)(x)
    return keras.Model(inputs, keras.layers.Cropping1D(60)(x))


@pytest.mark.parametrize("kind", ["valid", "causal", "residual"])
@pytest.mark.parametrize(("ref", "alt"), [(1, 1), (1, 9), (9, 1), (4, 3), (2, 6)])
def test_outputs_of_changes_are_those_of_the_whole_model(kind, ref, alt):
    model = network(kind)
    form = read_network(model)
    before, after = form.context
    random = np.random.Generator(np.random.Philox(3))
    codes = random.integers(0, 5, 301).astype(np.uint8)
    new = random.integers(0, 4, alt).astype(np.uint8)
    start, distance, width = 140, 20, 16
    changed = np.concatenate([codes[:start], new, codes[start + ref :]])
    filled = np.concatenate([new, codes[start + ref :]])[:width]
    alternates = Alternates(np.array([start]), np.array([alt - ref]), filled[None])
    y_ref, y_alt = IncrementalModel([form], activation="identity", distance=distance)(codes, alternates)

    free = keras.models.clone_model(model, input_tensors=keras.Input((None, 4)))
    free.set_weights(model.get_weights())
    eye = np.eye(5, 4, dtype=np.float32)

    def at(sequence, position):
        """Return the whole model's output whose middle is at `position`, from a window around it."""
        padded = np.pad(sequence, 400, constant_values=4)[position + 400 - 150 :][:301]
        x = eye[padded][None]
        offset = offset_of(model)
        return np.asarray(free(x))[0, 150 - offset]

    for position in range(start - 5, start + 5):
        np.testing.assert_allclose(y_ref[position - before], at(codes, position), atol=1e-5)
    for k in (0, 3, distance - 1, distance, distance + alt, 2 * distance - 1):
        np.testing.assert_allclose(y_alt[0, k], at(changed, start - distance + k), atol=1e-5)
    assert len(y_ref) == 301 - before - after


def offset_of(model):
    """Return the position in the window of the model's first output."""
    offset = 0
    for layer in model.layers:
        if isinstance(layer, keras.layers.Cropping1D):
            offset += layer.cropping[0]
        if isinstance(layer, keras.layers.Conv1D) and layer.padding == "valid":
            offset += (layer.kernel_size[0] - 1) * layer.dilation_rate[0] // 2
    return offset


def test_other_lengths_and_numbers_of_changes_compile_nothing_anew():
    form = read_network(network("residual"))
    model = IncrementalModel([form, form], activation="softmax", distance=10)
    random = np.random.Generator(np.random.Philox(4))
    for length, n in ((150, 1), (200, 3), (170, 7), (300, 9)):
        codes = random.integers(0, 4, length).astype(np.uint8)
        alternates = Alternates(np.full(n, 70), np.zeros(n, int), random.integers(0, 4, (n, 1)).astype(np.uint8))
        y_ref, y_alt = model(codes, alternates)
        assert y_alt.shape == (n, 21, 2)
        np.testing.assert_allclose(y_ref.sum(-1), 1, atol=1e-6)
    assert model.compiled.traces == 1


def test_the_base_that_is_there_changes_nothing():
    form = read_network(network("residual"))
    codes = reverse_complement(np.arange(200) % 4)
    alternates = Alternates(np.array([100]), np.array([0]), codes[100:101][None])
    y_ref, y_alt = IncrementalModel([form], activation="identity", distance=10)(codes, alternates)
    first = 100 - 10 - form.context[0]
    np.testing.assert_allclose(y_alt[0], y_ref[first : first + 21], atol=1e-6)


def test_pools_that_keep_every_position_are_passed_by_indels_too():
    keras.utils.set_random_seed(3)
    inputs = keras.Input((301, 4))
    x = keras.layers.Conv1D(5, 5, activation="relu")(inputs)
    x = keras.layers.MaxPooling1D(4, strides=1)(x)
    model = keras.Model(inputs, keras.layers.Conv1D(2, 3)(x))
    random = np.random.Generator(np.random.Philox(6))
    codes, new = random.integers(0, 4, 301).astype(np.uint8), np.array([1, 2, 3, 0], np.uint8)
    changed = np.concatenate([codes[:150], new, codes[151:]])[:301]
    incremental = IncrementalModel([read_network(model)], activation="identity", distance=9)
    _, y_alt = incremental(codes, Alternates(np.array([150]), np.array([3]), new[None]))
    whole = np.asarray(model(np.eye(4, dtype=np.float32)[changed][None]))[0]
    before = read_network(model).context[0]
    np.testing.assert_allclose(y_alt[0], whole[150 - 9 - before :][: y_alt.shape[1]], atol=1e-5)


def test_an_indel_through_a_stride_is_refused():
    inputs = keras.Input((50, 4))
    model = keras.Model(inputs, keras.layers.MaxPooling1D(2)(keras.layers.Conv1D(2, 3)(inputs)))
    with pytest.raises(ModelError, match="stride"):
        IncrementalModel([read_network(model)], activation="identity", distance=9)

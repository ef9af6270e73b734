"""Substitutions of any width in any model: their outputs are those of the whole model, also from several threads."""

from concurrent.futures import ThreadPoolExecutor

import keras
import numpy as np
import pytest

from deepbio.errors import ModelError
from deepbio.incremental.program import read_program
from deepbio.incremental.substitutions import Substitutions


def pooled(pool, second, padding="valid"):
    """Build a model `(batch, 301, 4)` to `(batch, positions, 3)` with two pools, a residual unit and a dilated convolution between."""
    keras.utils.set_random_seed(2)
    inputs = keras.Input((301, 4))
    x = keras.layers.Conv1D(70, 8, activation="gelu", padding=padding)(inputs)
    x = pool(3, strides=2, padding=padding)(x)
    x = keras.layers.BatchNormalization(beta_initializer="random_normal")(x)
    branch = keras.layers.Conv1D(70, 3, dilation_rate=2, activation="relu")(x)
    x = keras.layers.Add()([branch, keras.layers.Cropping1D(2)(x)])
    x = keras.layers.Conv1D(6, 4, strides=2, padding=padding)(pool(second)(x))
    return keras.Model(inputs, keras.layers.Conv1D(3, 2)(keras.layers.Cropping1D((1, 3))(x)))


@pytest.mark.parametrize("on_processor", [True, False])
@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize(
    ("pool", "second"), [(keras.layers.MaxPooling1D, 2), (keras.layers.AveragePooling1D, 3)], ids=["max", "average"]
)
def test_outputs_of_substitutions_are_those_of_the_whole_model(pool, second, padding, on_processor):
    model = pooled(pool, second, padding)
    random = np.random.Generator(np.random.Philox(5))
    codes = random.integers(0, 5, 301).astype(np.uint8)
    changes = Substitutions(model, on_processor=on_processor)
    reference = changes.reference(codes)
    eye = np.eye(5, 4, dtype=np.float32)
    np.testing.assert_allclose(changes.outputs(reference), np.asarray(model(eye[codes][None])), atol=1e-5)
    for width, starts in ((1, (0, 1, 2, 3, 99, 100, 150, 300)), (5, (0, 1, 120, 296)), (301, (0,))):
        for first in starts:
            new = random.integers(0, 5, (3, width)).astype(np.uint8)
            whole = np.repeat(codes[None], 3, axis=0)
            whole[:, first : first + width] = new
            found = changes(reference, first=first, codes=new)
            np.testing.assert_allclose(found, np.asarray(model(eye[whole])), atol=1e-5)
    assert np.abs(found - changes.outputs(reference)).max() > 0.01


@pytest.mark.parametrize("on_processor", [True, False])
def test_threads_get_the_outputs_of_one(on_processor):
    changes = Substitutions(pooled(keras.layers.MaxPooling1D, 2), on_processor=on_processor)
    random = np.random.Generator(np.random.Philox(6))
    reference = changes.reference(random.integers(0, 4, 301).astype(np.uint8))
    blocks = [(int(p), random.integers(0, 4, (6, 4)).astype(np.uint8)) for p in random.integers(0, 297, 40)]
    expected = [changes(reference, first=p, codes=codes) for p, codes in blocks]
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda block: changes(reference, first=block[0], codes=block[1]), blocks))
    np.testing.assert_array_equal(found, expected)


def test_rows_changed_far_from_each_other_and_not_at_all_keep_their_order():
    model = pooled(keras.layers.MaxPooling1D, 2)
    random = np.random.Generator(np.random.Philox(7))
    codes = random.integers(0, 4, 301).astype(np.uint8)
    changes = Substitutions(model, on_processor=True)
    rows = np.repeat(codes[None, 20:290], 60, axis=0)
    for row in rows[1:]:  # one to three substitutions each, in any order
        where = random.choice(270, random.integers(1, 4), replace=False)
        row[where] = (row[where] + 1) % 4
    whole = np.repeat(codes[None], 60, axis=0)
    whole[:, 20:290] = rows
    reference = changes.reference(codes)
    found = changes(reference, first=20, codes=rows)
    np.testing.assert_allclose(found, np.asarray(model(np.eye(5, 4, dtype=np.float32)[whole])), atol=1e-5)
    np.testing.assert_allclose(found[0], changes.outputs(reference)[0], atol=1e-6)


def test_a_model_without_a_graph_is_refused():
    class Own(keras.Model):
        def call(self, x):
            return x

    with pytest.raises(ModelError, match="functional or sequential"):
        read_program(Own())


def test_a_sequential_model_and_nested_models_are_opened():
    inner = keras.Sequential(
        [keras.Input((20, 4)), keras.layers.Conv1D(3, 5, activation="relu"), keras.layers.Flatten()]
    )
    inputs = keras.Input((20, 4))
    model = keras.Model(inputs, keras.layers.Dense(2, activation="sigmoid")(inner(inputs)))
    kinds = [step.kind for step in read_program(model)]
    assert kinds == ["input", "convolution", "pointwise", "flatten", "dense", "whole"]

"""Embeddings are the inputs of the head; their cache knows weights, layers and data."""

import keras
import numpy as np
import pytest

from deepbio.errors import DataError, ModelError
from deepbio.inference import embedding_model, extract_embeddings, nearest_neighbors
from deepbio.inference.embeddings import embedding_key
from deepbio.interpret import project
from deepbio.specs import Task
from deepbio.zoo import get_model


def test_embeddings_times_the_head_are_the_logits():
    model = get_model("mlp", input_shape=5, outputs=3, units=(7,), seed=0)
    x = np.random.default_rng(0).normal(size=(9, 5)).astype(np.float32)
    kernel, bias = model.get_layer("head").get_weights()
    np.testing.assert_allclose(extract_embeddings(model, x, cache=False) @ kernel + bias, model(x).numpy(), atol=1e-5)


def test_a_feature_map_becomes_mean_maximum_and_middle():
    inputs = keras.Input((4, 1))
    model = keras.Model(inputs, keras.layers.Conv1D(2, 1, name="head")(inputs))
    found = embedding_model(model)(np.array([[[1.0], [2.0], [4.0], [9.0]]])).numpy()
    assert found.tolist() == [[4.0, 9.0, 3.0]]


def test_the_key_changes_with_weights_settings_and_data_and_not_with_names():
    options = {"input_shape": 5, "outputs": 1, "units": (7,)}
    x = np.zeros((3, 5), np.float32)
    first = embedding_key(embedding_model(get_model("mlp", seed=0, **options)), x)
    assert first == embedding_key(embedding_model(get_model("mlp", seed=0, **options)), x)
    others = [
        embedding_key(embedding_model(get_model("mlp", seed=1, **options)), x),
        embedding_key(embedding_model(get_model("mlp", seed=0, dropout=0.25, **options)), x),
        embedding_key(embedding_model(get_model("mlp", seed=0, **options)), x + 1),
        embedding_key(embedding_model(get_model("mlp", seed=0, **options)), x[:2]),
    ]
    assert len({first, *others}) == 5


def test_the_key_of_a_model_inside_a_model_does_not_depend_on_what_was_built_before():
    def nested():
        inner_input = keras.Input((4,))
        inner = keras.Model(inner_input, keras.layers.Dense(3, kernel_initializer="ones")(inner_input))
        outer = keras.Input((4,))
        return keras.Model(outer, keras.layers.Dense(1, kernel_initializer="ones", name="head")(inner(outer)))

    x = np.zeros((2, 4), np.float32)
    first, _, second = nested(), keras.Input((9,)), nested()
    assert embedding_key(embedding_model(first), x) == embedding_key(embedding_model(second), x)


def test_a_cached_file_is_read_and_a_damaged_one_computed_again(tmp_path):
    model = get_model("mlp", input_shape=5, outputs=1, units=(7,), seed=0)
    x = np.random.default_rng(0).normal(size=(4, 5)).astype(np.float32)
    first = extract_embeddings(model, x, cache=tmp_path)
    (file,) = tmp_path.glob("*.npy")
    np.save(file, first + 1)
    np.testing.assert_array_equal(extract_embeddings(model, x, cache=tmp_path), first + 1)
    file.write_bytes(file.read_bytes()[:50])
    np.testing.assert_array_equal(extract_embeddings(model, x, cache=tmp_path), first)


def test_a_model_with_two_heads_has_no_embedding():
    model = get_model("bpnet", input_shape=200, outputs=2, filters=4, num_layers=2)
    with pytest.raises(ModelError, match="one head that has one input"):
        embedding_model(model)


def test_neighbours_vote_by_the_cosine():
    train, y = np.array([[1.0, 0.0], [9.0, 1.0], [0.0, 1.0]]), np.array([0, 0, 2])
    p = nearest_neighbors(train, y, np.array([[3.0, 0.1], [0.0, 5.0]]), Task.classify(("a", "b", "c")), k=2)
    np.testing.assert_allclose(p, [[1, 0, 0], [0.5, 0, 0.5]])
    with pytest.raises(DataError, match="labelled examples"):
        nearest_neighbors(train[:0], y[:0], train, Task.classify(("a", "b")))


def test_principal_components_find_the_plane_of_the_data():
    draw = np.random.default_rng(0)
    points = draw.normal(size=(50, 2))
    x = points @ draw.normal(size=(2, 6))
    found, share = project(x)
    assert share == pytest.approx(1.0)
    # the plane is kept: the points are a linear function of the coordinates
    assert np.linalg.lstsq(found, points - points.mean(axis=0), rcond=None)[1].max() < 1e-20
    with pytest.raises(DataError, match="Did you mean pca"):
        project(x, method="pcaa")

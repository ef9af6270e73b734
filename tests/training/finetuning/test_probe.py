"""A solved head is scikit-learn's regression on cached embeddings; nothing but the head changes."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

import deepbio
from deepbio.datasets import Dataset, Split
from deepbio.errors import TrainingError
from deepbio.inference import extract_embeddings
from deepbio.specs import ModelInput, Task
from deepbio.training.finetuning import fit_probe
from deepbio.training.finetuning.probe import augmented_copies
from deepbio.zoo import check_golden_outputs, describe, get_model, weights_hash
from tests.training.finetuning.conftest import windows


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("DEEPBIO_CACHE", str(tmp_path / "cache"))


def blobs(classes: int, *, n: int = 90, seed: int = 0):
    draw = np.random.default_rng(seed)
    y = np.arange(n) % classes
    return draw.normal(size=(n, 5)) * [1, 10, 0.1, 1, 1] + 1.5 * y[:, None] * [1, 10, 0, 0, 0] + 100, y


@pytest.mark.parametrize("classes", [2, 3])
def test_a_probe_is_logistic_regression_of_scikit_learn_on_standardised_columns(classes):
    x, y = blobs(classes)
    probe = fit_probe(x, y, Task.classify(tuple("abc"[:classes])))
    z = (x - x.mean(axis=0)) / x.std(axis=0)
    wanted = LogisticRegression(C=probe.strength, max_iter=500).fit(z, y).decision_function(z)
    logits = x @ probe.kernel.astype(float) + probe.bias.astype(float)
    np.testing.assert_allclose(logits[:, 0] if classes == 2 else logits, wanted, atol=2e-3)


def test_shrinkage_counts_the_mean_variance_as_that_many_examples():
    x, y = blobs(2)
    probe = fit_probe(x, y, Task.classify(("a", "b")), shrinkage=30)
    std = np.sqrt((90 * x.var(axis=0) + 30 * x.var(axis=0).mean()) / 120)
    z = (x - x.mean(axis=0)) / std
    wanted = LogisticRegression(C=probe.strength, max_iter=500).fit(z, y).decision_function(z)
    logits = x @ probe.kernel.astype(float) + probe.bias.astype(float)
    np.testing.assert_allclose(logits[:, 0], wanted, atol=2e-3)


def test_features_that_hardly_vary_do_not_drown_the_others_where_examples_are_few():
    draw, y = np.random.default_rng(0), np.arange(410) % 2
    x = np.concatenate([draw.normal(size=(410, 3)) + y[:, None], 0.01 * draw.normal(size=(410, 300))], axis=1)
    ranks = []
    for shrinkage in (0.0, 100.0):
        probe = fit_probe(x[:10], y[:10], Task.classify(("a", "b")), shrinkage=shrinkage)
        ranks.append(roc_auc_score(y[10:], (x[10:] @ probe.kernel)[:, 0]))
    assert ranks[1] > ranks[0] + 0.1


def test_a_probe_of_values_is_in_units_of_the_head_and_finds_the_slope():
    x = np.random.default_rng(0).normal(size=(60, 2))
    task = Task("regression", 1, mean=(5.0,), std=(2.0,))
    probe = fit_probe(x, 5 + 4 * x[:, :1], task)
    np.testing.assert_allclose(probe.kernel[:, 0], [2.0, 0.0], atol=0.05)  # 4 in units of 2
    assert probe.strength == 10.0


def test_noise_is_penalised_more_than_signal():
    draw = np.random.default_rng(0)
    y = np.arange(60) % 2
    task = Task.classify(("a", "b"))
    noise = fit_probe(draw.normal(size=(60, 100)), y, task)
    assert noise.strength <= 0.01 < fit_probe(y[:, None] + draw.normal(size=(60, 1)) * 0.1, y, task).strength


def test_labels_that_overlap_have_one_regression_each():
    x = np.random.default_rng(0).normal(size=(80, 3))
    y = (x[:, :2] > 0).astype(int)
    probe = fit_probe(x, y, Task("multilabel", 2, labels=("a", "b")))
    assert probe.kernel.shape == (3, 2)
    assert ((x @ probe.kernel + probe.bias > 0) == y).mean() > 0.95


def test_a_class_with_one_example_leaves_nothing_to_cross_validate():
    probe = fit_probe(np.eye(4), np.array([0, 0, 0, 1]), Task.classify(("a", "b")))
    assert probe.strength == 0.01
    assert np.isnan(probe.left_out)


def test_a_linear_probe_leaves_the_trunk_and_is_a_preset(shallow, tmp_path):
    data = windows(60)
    run = deepbio.finetune(shallow, data, method="linear_probe", out=tmp_path / "probe", verbose=False)
    old, new = get_model(shallow), get_model(tmp_path / "probe")
    check_golden_outputs(new, tmp_path / "probe")
    heads = [i for i, w in enumerate(new.weights) if w.path.startswith("head")]
    assert heads
    for i, (a, b) in enumerate(zip(old.get_weights(), new.get_weights(), strict=True)):
        if i not in heads:
            np.testing.assert_array_equal(a, b)
    assert run.plan is not None
    assert run.plan.method == "linear_probe"
    assert sorted(run.history) == ["loss", "seconds", "val_loss"]
    assert "strength:" in (tmp_path / "probe" / "recipe.yaml").read_text()


def test_the_same_probe_twice_has_the_same_weights_and_reads_its_embeddings(shallow, tmp_path, monkeypatch):
    data = windows(60)
    first = deepbio.finetune(shallow, data, method="linear_probe", verbose=False)
    files = list((tmp_path / "cache" / "embeddings").glob("*.npy"))
    assert len(files) == 1
    monkeypatch.setattr("deepbio.inference.embeddings.model_outputs", None)  # nothing is computed again
    again = deepbio.finetune(shallow, data, method="linear_probe", verbose=False)
    assert weights_hash(first.model) == weights_hash(again.model)


def test_a_probe_refuses_settings_of_steps(shallow):
    with pytest.raises(TrainingError, match="leave out epochs, learning_rate"):
        deepbio.finetune(shallow, windows(60), method="linear_probe", epochs=3, learning_rate=0.1)


def pictures(n: int = 12) -> Dataset:
    x = np.random.default_rng(0).integers(0, 256, (n, 8, 8, 1), np.uint8)
    train, valid, test = (Split(x[i::3], np.arange(len(x[i::3])) % 2) for i in range(3))
    return Dataset("pictures", Task.classify(("a", "b")), ModelInput("image", (8, 8, 1)), train, valid, test)


def test_views_are_changed_copies_that_a_seed_repeats():
    data = pictures()
    first, second = (augmented_copies(data, "medical", 2, seed=0) for _ in range(2))
    assert [copy.shape for copy in first] == [(4, 8, 8, 1)] * 2
    assert first[0].dtype == np.uint8
    np.testing.assert_array_equal(first, second)
    assert (first[0] != first[1]).any()
    with pytest.raises(TrainingError, match="mixup and cutmix mix labels"):
        augmented_copies(data, "strong", 1, seed=0)


def test_small_images_are_enlarged_to_the_size_of_the_trunk():
    trunk = get_model("image_cnn", input_shape=(16, 16, 1), outputs=2, filters=(4,), seed=0)
    run = deepbio.finetune(trunk, pictures(), method="linear_probe", copies=2, verbose=False)
    assert describe(run.model).config["network_input"] == (16, 16, 1)


def test_a_trunk_that_answers_per_position_gets_pooled_features_and_a_new_head(tmp_path):
    trunk = get_model("spliceai_80nt", input_shape=200, outputs=3, filters=4, seed=0)
    data = windows(60)
    run = deepbio.finetune(trunk, data, method="linear_probe", out=tmp_path / "run", verbose=False)
    assert run.model.output_shape == (None, 1)
    embedded = extract_embeddings(run.model, data.test, cache=False)
    assert embedded.shape == (12, 12)  # mean, maximum and middle of four filters
    again = get_model(tmp_path / "run")
    check_golden_outputs(again, tmp_path / "run")
    padded = np.full((12, 140), 4, np.uint8)
    padded[:, 40:100] = np.asarray(data.test.x)
    maps = get_model("spliceai_80nt", input_shape=140, outputs=3, filters=4, seed=0)
    maps.set_weights(trunk.get_weights())
    import keras

    features = keras.Model(maps.input, maps.get_layer("head").input)(padded).numpy()
    np.testing.assert_allclose(embedded[:, :4], features.mean(axis=1), atol=1e-5)
    np.testing.assert_allclose(embedded[:, 8:], features[:, 29:31].mean(axis=1), atol=1e-5)

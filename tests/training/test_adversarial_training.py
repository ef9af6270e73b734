"""Adversarial training inside the compiled step: it repeats, resumes, runs on replicas, and makes a network more robust."""

import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf
import yaml

from deepbio.datasets import Dataset, load_dataset
from deepbio.errors import TrainingError
from deepbio.robustness import attack_images
from deepbio.training import fit
from deepbio.training.steps.adversarial import AdversarialTraining, divergence
from deepbio.zoo import get_model, weights_hash

FAST = {"attack": "fgsm", "epsilon": 0.1}


@pytest.fixture(scope="module")
def digits():
    data = load_dataset("digits")
    return Dataset("few", data.task, data.input, data.train.take(np.arange(200)), data.valid, data.test)


def trained(data, **settings):
    model = get_model("mlp", dataset=data, units=(32,), seed=1)
    fit(model, data, seed=2, verbose=False, **{"epochs": 2, "batch_size": 32, "patience": 0, **settings})
    return model


@pytest.fixture(scope="module")
def plain(digits):
    """Hash of the weights after one epoch without perturbations."""
    return weights_hash(trained(digits, epochs=1))


@pytest.mark.parametrize(
    "adversarial",
    [
        FAST,
        {"attack": "pgd", "epsilon": 0.5, "norm": "l2", "steps": 3},
        {"attack": "trades", "epsilon": 0.1, "steps": 2},
        {"attack": "noise", "std": 0.25},
    ],
    ids=lambda spec: spec["attack"],
)
def test_adversarial_training_repeats_bit_for_bit_from_its_seed(digits, plain, adversarial):
    first, second = (weights_hash(trained(digits, epochs=1, adversarial=adversarial)) for _ in range(2))
    assert first == second != plain


def test_micro_batches_and_augmentation_go_with_it(digits):
    runs = [
        trained(digits, epochs=1, adversarial=FAST, **more)
        for more in ({}, {"accumulate": 2}, {"augment": "light"}, {"augment": "mixup"})
    ]
    assert len({weights_hash(model) for model in runs}) == 4


def test_a_run_that_was_stopped_goes_on_with_the_same_perturbations(digits, tmp_path):
    class Stop(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            if self.model.optimizer.iterations >= 4:
                raise KeyboardInterrupt

    whole = trained(digits, adversarial=FAST)
    out = {"out": tmp_path / "run", "checkpoint_steps": 1}
    with pytest.raises(KeyboardInterrupt):
        trained(digits, adversarial=FAST, callbacks=[Stop()], **out)
    assert weights_hash(trained(digits, adversarial=FAST, resume=True, **out)) == weights_hash(whole)
    assert yaml.safe_load((tmp_path / "run" / "recipe.yaml").read_text())["training"]["adversarial"] == FAST


def test_a_network_trained_against_an_attack_withstands_it_better(digits):
    x, y = digits.test.x[np.arange(150)], digits.test.y[np.arange(150)]
    found = {}
    for name, adversarial in (
        ("plain", None),
        ("fgsm", FAST),
        ("trades", {"attack": "trades", "epsilon": 0.1, "steps": 3}),
    ):
        model = trained(digits, epochs=30, learning_rate=0.01, adversarial=adversarial)
        found[name] = attack_images(model, x, y, epsilon=0.1, steps=20).robust_accuracy().value
    assert found["fgsm"] > found["plain"] + 0.1
    assert found["trades"] > found["plain"] + 0.1


def test_perturbed_images_are_bytes_inside_the_ball(digits):
    model, x = trained(digits), tf.constant(digits.train.x[np.arange(40)])
    y = tf.constant(digits.train.y[np.arange(40)])

    def loss(logits):
        return tf.nn.sparse_softmax_cross_entropy_with_logits(y, logits)

    for spec in (FAST, {"attack": "pgd", "epsilon": 0.1}, {"attack": "trades", "epsilon": 0.1}):
        moved = AdversarialTraining(**spec).perturb(model, x, loss, [0, 0, 0, 0, 0])
        assert moved.dtype == tf.uint8
        assert int(tf.reduce_max(tf.abs(tf.cast(moved, tf.int32) - tf.cast(x, tf.int32)))) == 26  # 25.5, rounded
        assert float(tf.reduce_mean(loss(model(moved)))) > float(tf.reduce_mean(loss(model(x))))


def test_the_divergence_is_that_of_the_predicted_classes():
    # Kullback-Leibler of (1/2, 1/2) from (1/4, 3/4): 0.5 ln 2 + 0.5 ln (2/3)
    expected = 0.5 * np.log(2) + 0.5 * np.log(2 / 3)
    np.testing.assert_allclose(divergence(tf.constant([[0.0]]), tf.constant([[np.log(3.0)]])), [expected], rtol=1e-6)


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("pgd", "takes a mapping"),
        ({"attack": "pgd"}, "needs epsilon above 0"),
        ({"attack": "pdg", "epsilon": 0.1}, "pgd"),
        ({"attack": "pgd", "epsilon": 8}, "epsilon up to 1"),
        ({"attack": "pgd", "epsilon": 0.1, "step": 3}, "no 'step'"),
        ({"attack": "noise", "epsilon": 0.1}, "needs std"),
    ],
)
def test_a_setting_that_makes_no_sense_is_refused(digits, spec, message):
    with pytest.raises(TrainingError, match=message):
        trained(digits, adversarial=spec)


def test_only_images_of_classes_have_adversarial_training():
    data = load_dataset("xor")
    with pytest.raises(TrainingError, match="images of classes; the data are table"):
        trained(data, adversarial=FAST)


@pytest.mark.slow
def test_replicas_train_against_their_own_perturbations(tmp_path):
    code = (
        "import deepbio\n"
        "from deepbio.devices import choose_strategy\n"
        "strategy = choose_strategy('cpu:2')\n"
        "data = deepbio.load_dataset('digits')\n"
        "model = deepbio.get_model('mlp', dataset=data, seed=1)\n"
        "run = deepbio.fit(model, data, epochs=3, strategy=strategy, verbose=False, "
        "adversarial={'attack': 'trades', 'epsilon': 0.1, 'steps': 2})\n"
        "assert run.history['loss'][-1] < run.history['loss'][0]\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=250)

"""Masked gradients are caught: saturated logits and a quantisation in front are flagged, a plain network is not."""

from dataclasses import replace

import keras
import numpy as np
import pytest
import tensorflow as tf

import deepbio
from deepbio.robustness import attack_images, masking_checks

SHORT = {"epsilon": 0.1, "steps": 10, "queries": 50}


def with_weights_of(trained, build, **options):
    model = build(**options)
    model.set_weights(trained.get_weights())
    return model


@pytest.fixture
def masked(trained, network_builder):
    quantise = keras.layers.Lambda(lambda x: tf.round(x * 8) / 8)
    return {
        "saturated": with_weights_of(trained, network_builder, scale=5000.0),
        "quantised": with_weights_of(trained, network_builder, front=quantise),
    }


def test_a_plain_network_is_not_flagged(trained, examples):
    report = masking_checks(trained, *examples, **SHORT)
    assert report.masked is False, str(report)
    assert len(report.checks) == 7
    assert "no sign" in str(report)


@pytest.mark.parametrize("kind", ["saturated", "quantised"])
def test_masked_gradients_are_flagged(masked, examples, kind):
    report = masking_checks(masked[kind], *examples, **SHORT)
    assert report.masked
    assert "zero gradient" in str(report)


def test_saturated_logits_look_robust_to_pgd_and_are_not(trained, masked, examples):
    plain, saturated = (attack_images(m, *examples, epsilon=0.1, steps=10) for m in (trained, masked["saturated"]))
    assert saturated.robust_accuracy().value > plain.robust_accuracy().value + 0.2
    scale_free = attack_images(masked["saturated"], *examples, attack="apgd", loss="dlr", epsilon=0.1, steps=10)
    assert scale_free.robust_accuracy().value <= plain.robust_accuracy().value + 0.02


def test_examples_of_a_model_with_the_same_weights_transfer(trained, examples):
    report = masking_checks(trained, *examples, surrogate=trained, **SHORT)
    assert "another model" in report.checks[-1].name
    assert report.checks[-1].passed


def test_of_a_network_trained_for_one_step_the_verdict_is_undetermined(network_builder, spot_data, examples):
    useless = network_builder()
    deepbio.fit(
        useless, replace(spot_data, train=spot_data.train.take(range(32))), epochs=1, batch_size=32, verbose=False
    )
    report = masking_checks(useless, *examples, **SHORT)
    assert report.examples > 10
    assert report.masked is None
    assert str(report).startswith("undetermined: clean accuracy is not clearly above chance")


def test_a_constant_prediction_is_chance_even_if_one_class_is_frequent(network_builder, examples):
    x, _ = examples
    constant = network_builder()
    bias = constant.layers[-2].get_weights()
    constant.layers[-2].set_weights([bias[0] * 1e-3, np.array([9.0, 0, 0], np.float32)])
    frequent = np.where(np.arange(60) % 10 == 0, 1, 0)
    report = masking_checks(constant, x, frequent, **SHORT)
    assert report.examples == 54
    assert report.masked is not False
    assert "above chance" in report.useless
    assert "one class" in masking_checks(constant, x, 0 * frequent, **SHORT).useless


def test_without_a_right_prediction_nothing_is_said(trained, examples):
    x, _ = examples
    wrong = (np.asarray(trained(x)).argmax(1) + 1) % 3
    report = masking_checks(trained, x, wrong, **SHORT)
    assert [check.passed for check in report.checks] == [None]
    assert report.masked is None

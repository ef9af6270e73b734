"""Masked gradients are caught: saturated logits and a quantisation in front are flagged, a plain network is not."""

import keras
import numpy as np
import pytest
import tensorflow as tf

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
    assert not report.masked, str(report)
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


def test_without_a_right_prediction_nothing_is_said(trained, examples):
    x, _ = examples
    wrong = (np.asarray(trained(x)).argmax(1) + 1) % 3
    report = masking_checks(trained, x, wrong, **SHORT)
    assert [check.passed for check in report.checks] == [None]

"""The rules are one table; what `finetune` does is what they say, and the documentation prints them."""

from pathlib import Path

import numpy as np
import pytest

import deepbio
from deepbio.errors import TrainingError
from deepbio.specs import Task
from deepbio.training import averaging
from deepbio.training.finetuning import h_score, log_me, rules_table, transferability
from deepbio.training.finetuning.layer_groups import layer_groups
from deepbio.training.finetuning.rules import RULES, Facts, decide
from deepbio.zoo import get_model
from tests.training.finetuning.conftest import windows


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("DEEPBIO_CACHE", str(tmp_path / "cache"))


def test_the_documentation_has_the_rules_as_the_code_has_them():
    page = (Path(__file__).resolve().parents[3] / "docs" / "finetuning.md").read_text(encoding="utf-8")
    assert rules_table() in page


@pytest.mark.parametrize("setting", sorted({rule.setting for rule in RULES}))
def test_the_last_rule_of_a_setting_always_applies(setting):
    assert [rule.applies(Facts()) for rule in RULES if rule.setting == setting][-1]


@pytest.mark.parametrize(
    ("facts", "method"),
    [
        (Facts("image", examples=20, parameters=10), "linear_probe"),
        (Facts("image", examples=545, parameters=4_700_000), "linear_probe"),
        (Facts("dna", examples=545, parameters=180_000), "lp_ft"),
        (Facts("image", examples=9000, parameters=4_700_000), "lp_ft"),
        (Facts("image", examples=20, stepwise=True), "lp_ft"),
        (Facts("dna", examples=20, solvable=False), "full"),
    ],
)
def test_the_method_follows_from_size_head_and_settings(facts, method):
    assert decide("method", facts) == method


def test_few_examples_are_probed_and_steps_are_asked_for_by_their_settings(trained):
    few = deepbio.finetune(trained, windows(60), verbose=False)
    steps = deepbio.finetune(trained, windows(60), epochs=1, batch_norm="learn", l2_sp=0, average=False, verbose=False)
    by_hand = deepbio.finetune(trained, windows(60), freeze="trunk", epochs=1, verbose=False)
    assert [run.plan.method for run in (few, steps, by_hand) if run.plan] == ["linear_probe", "lp_ft", "custom"]
    assert (steps.settings.batch_size, steps.settings.learning_rate) == (16, 1e-4)
    assert by_hand.settings.learning_rate == 0.002  # as the architecture has it


def test_frozen_batch_normalisation_keeps_everything(trained):
    run = deepbio.finetune(trained, windows(60), method="full", epochs=1, learning_rate=0.1, verbose=False)
    old = {layer.names[1]: layer.layer.get_weights() for layer in layer_groups(get_model(trained))}
    norms = [layer for layer in layer_groups(run.model) if "batch_normalization" in layer.names[1]]
    assert norms
    for layer in norms:
        np.testing.assert_array_equal(layer.layer.get_weights(), old[layer.names[1]])


def test_l2_sp_holds_the_trunk_near_its_start_and_leaves_no_penalty_behind(shallow):
    def distance(strength):
        run = deepbio.finetune(
            shallow, windows(60), method="full", epochs=3, learning_rate=0.01, l2_sp=strength, verbose=False
        )
        assert run.model.losses == []
        pairs = zip(layer_groups(run.model), layer_groups(get_model(shallow)), strict=True)
        return sum(
            float(((a - b) ** 2).sum())
            for new, old in pairs if not new.head
            for a, b in zip(new.layer.get_weights(), old.layer.get_weights(), strict=True)
        )  # fmt: skip

    assert distance(10.0) < 0.3 * distance(0.0)


def test_wise_ft_takes_the_mixture_with_the_lowest_score():
    model = get_model("logistic", input_shape=1, outputs=1, seed=0)
    start, end = (
        [np.zeros((1, 1), np.float32), np.zeros(1, np.float32)],
        [np.ones((1, 1), np.float32) * 4, np.ones(1, np.float32)],
    )
    model.set_weights(end)

    def score():
        return abs(float(model.get_weights()[0][0, 0]) - 1.1)

    data = windows(12)
    assert averaging.wise_ft(model, start, data.valid, data.task, score=score) == 0.25
    assert model.get_weights()[0][0, 0] == 1.0


def test_a_soup_keeps_only_models_that_do_not_hurt():
    data = windows(12)
    task = data.task
    models = [get_model("dna_cnn", dataset=data, filters=2, units=2, seed=0) for _ in range(3)]
    for shift, model in zip((0.0, 0.001, 50.0), models, strict=True):
        weights = model.get_weights()
        weights[-1] = weights[-1] + np.float32(shift)
        model.set_weights(weights)
    chosen = averaging.model_soup(models, data.valid, task)
    assert 2 not in chosen
    with pytest.raises(TrainingError, match="one architecture"):
        averaging.model_soup([models[0], get_model("dna_cnn", dataset=data, filters=3, units=2)], data.valid, task)


def test_log_me_equals_a_dense_search_over_both_precisions():
    draw = np.random.default_rng(3)
    x = draw.normal(size=(25, 3))
    y = (x[:, 0] + 0.3 * draw.normal(size=25) > 0).astype(int)
    z, centred = (x - x.mean(axis=0)) / x.std(axis=0), y - y.mean()
    best = -np.inf
    for alpha in np.logspace(-3, 3, 61):
        for beta in np.logspace(-2, 3, 61):  # the evidence is a normal density with covariance z z' / alpha + 1 / beta
            sign, logdet = np.linalg.slogdet(cov := z @ z.T / alpha + np.eye(25) / beta)
            best = max(best, -0.5 * (25 * np.log(2 * np.pi) + logdet + centred @ np.linalg.solve(cov, centred)) / 25)
            assert sign > 0
    assert log_me(x, y, Task.classify(("a", "b"))) == pytest.approx(best, abs=2e-3)


def test_noise_has_the_log_me_of_no_features():
    """A normal density with the variance of the labels: -log(2 pi e 0.16) / 2, also where most labels are 1."""
    x, y = np.random.default_rng(0).normal(size=(100, 400)), (np.arange(100) % 5 > 0).astype(int)
    assert log_me(x, y, Task.classify(("a", "b"))) == pytest.approx(-0.5 * np.log(2 * np.pi * np.e * 0.16), abs=0.02)


def test_h_score_is_between_zero_and_one_less_than_the_classes():
    draw = np.random.default_rng(0)
    y = np.arange(200) % 3
    apart, noise = np.eye(3)[y] * 20 + draw.normal(size=(200, 3)), draw.normal(size=(200, 3))
    assert 0 <= h_score(noise, y) < 0.2
    assert 1.5 < h_score(apart, y) <= 2.0


def test_a_trunk_is_scored_before_it_is_used(shallow):
    found = transferability(shallow, windows(60))
    assert found.examples == 24
    assert found.helps == (found.log_me > found.log_me_raw)
    assert ("better than the raw input" in str(found)) == found.helps

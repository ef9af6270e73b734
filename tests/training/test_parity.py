"""The same run on one device, on 2 and 4 logical devices and in 2 processes: batches do not depend on the hardware."""

import numpy as np
import pytest

from tests.training.parity_runs import STRATEGIES, parity_runs

pytestmark = [pytest.mark.multiworker, pytest.mark.timeout(600)]

QUICK, SLOW = ("dna_cnn",), ("mlp", "image_cnn", "note_lstm")  # the others run with `make survive`
FAMILIES = [*QUICK, *(pytest.param(family, marks=pytest.mark.slow) for family in SLOW)]


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Losses, weights and metrics of each process of a family, by strategy; run once, when first asked for."""
    folder, found = tmp_path_factory.mktemp("parity"), {}

    def of(family):
        group = QUICK if family in QUICK else SLOW
        if group not in found:
            found[group] = parity_runs(group, folder, seconds=500)
        return found[group]

    return of


def apart(a, b):
    return np.abs(np.asarray(a) - np.asarray(b)).max()


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_sgd_has_the_same_loss_at_every_step_and_the_same_weights(runs, strategy, family):
    one, many = runs(family)["one"][0], runs(family)[strategy][0]
    losses, expected = many[f"sgd|{family}|losses"], one[f"sgd|{family}|losses"]
    assert len(losses) == 15  # 67 examples in batches of 16, three epochs; each last batch has three
    assert np.abs(losses / expected - 1).max() <= 1e-5
    assert apart(many[f"sgd|{family}|weights"], one[f"sgd|{family}|weights"]) <= 1e-4


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_adam_has_the_same_first_losses_and_the_same_metrics(runs, strategy, family):
    # Adam blows rounding up where the exact gradient is zero, so later losses may drift
    one, many = runs(family)["one"][0], runs(family)[strategy][0]
    assert np.abs(many[f"adam|{family}|losses"][:10] / one[f"adam|{family}|losses"][:10] - 1).max() <= 1e-5
    assert apart(many[f"adam|{family}|metrics"], one[f"adam|{family}|metrics"]) <= 0.01


@pytest.mark.parametrize("family", FAMILIES)
def test_both_workers_end_with_the_same_bits(runs, family):
    first, second = runs(family)["multiworker"]
    for name, values in first.items():
        np.testing.assert_array_equal(values, second[name])

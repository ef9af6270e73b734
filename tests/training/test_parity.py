"""The same run on one device, on 2 and 4 logical devices and in 2 processes: batches do not depend on the hardware."""

import numpy as np
import pytest

from tests.training.parity_runs import STRATEGIES, parity_runs

# of make survive; on one worker, because all share the runs
pytestmark = [pytest.mark.slow, pytest.mark.multiworker, pytest.mark.timeout(600), pytest.mark.xdist_group("parity")]

FAMILIES = ("mlp", "dna_cnn", "image_cnn", "note_lstm")
RUNS = [f"{optimizer}|{family}" for optimizer in ("sgd", "adam") for family in FAMILIES]


def of(optimizer):
    return [run for run in RUNS if run.startswith(optimizer)]


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Losses, weights and metrics of each process by strategy."""
    return parity_runs(RUNS, tmp_path_factory.mktemp("parity"), seconds=500)


def apart(a, b):
    return np.abs(np.asarray(a) - np.asarray(b)).max()


@pytest.mark.parametrize("run", of("sgd"))
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_sgd_has_the_same_loss_at_every_step_and_the_same_weights(runs, strategy, run):
    one, many = runs["one"][0], runs[strategy][0]
    losses, expected = many[f"{run}|losses"], one[f"{run}|losses"]
    assert len(losses) == 15  # 67 examples in batches of 16, three epochs; each last batch has three
    assert np.abs(losses / expected - 1).max() <= 1e-5
    assert apart(many[f"{run}|weights"], one[f"{run}|weights"]) <= 1e-4


@pytest.mark.parametrize("run", of("adam"))
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_adam_has_the_same_first_losses_and_the_same_metrics(runs, strategy, run):
    # Adam blows rounding up where the exact gradient is zero, so later losses may drift
    one, many = runs["one"][0], runs[strategy][0]
    assert np.abs(many[f"{run}|losses"][:10] / one[f"{run}|losses"][:10] - 1).max() <= 1e-5
    assert apart(many[f"{run}|metrics"], one[f"{run}|metrics"]) <= 0.01


def test_both_workers_end_with_the_same_bits(runs):
    first, second = runs["multiworker"]
    for name, values in first.items():
        np.testing.assert_array_equal(values, second[name])

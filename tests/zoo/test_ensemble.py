import numpy as np
import pytest

from deepbio.errors import ModelError
from deepbio.specs import ModelInput, Task
from deepbio.zoo import describe, get_model, save_preset
from deepbio.zoo.build import build
from deepbio.zoo.ensemble import average_members
from deepbio.zoo.record import ModelRecord
from tests.zoo.dna.windows import random_windows


@pytest.mark.parametrize("kind", ["binary", "multiclass", "multilabel", "regression", "counts"])
def test_the_probabilities_of_an_ensemble_are_the_mean_of_its_members(kind):
    task = Task(kind, 1 if kind == "binary" else 3)
    members = [get_model("deepbind", input_shape=40, outputs=task.outputs, seed=seed) for seed in range(3)]
    x = random_windows(5, 40)
    each = [task.probabilities(20 * member.predict_on_batch(x)) for member in members]
    for member in members:
        member.get_layer("head").set_weights([20 * w for w in member.get_layer("head").get_weights()])
    found = task.probabilities(average_members(members, activation=task.activation).predict_on_batch(x))
    np.testing.assert_allclose(found, np.mean(each, axis=0), rtol=2e-5, atol=1e-7)


def test_a_profile_is_averaged_over_positions():
    task = Task("profile", 1)
    members = [
        get_model("bpnet", input_shape=140, filters=4, num_layers=3, head="profile", seed=seed) for seed in range(2)
    ]
    x = random_windows(2, 140)
    expected = np.mean([task.probabilities(member.predict_on_batch(x)) for member in members], axis=0)
    found = task.probabilities(average_members(members, activation=task.activation).predict_on_batch(x))
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_an_ensemble_is_saved_member_by_member(tmp_path):
    record = ModelRecord(
        "deepbind", input=ModelInput("dna", (40,)), outputs=1, task=Task("binary", 1), members=3, seed=0
    )
    model = build(record)
    x = random_windows(4, 40)
    save_preset(model, tmp_path / "p")
    assert len(list((tmp_path / "p").glob("member_*.weights.h5"))) == 3
    loaded = get_model(tmp_path / "p")
    assert describe(loaded).members == 3
    np.testing.assert_array_equal(loaded.predict_on_batch(x), model.predict_on_batch(x))
    one = get_model(tmp_path / "p", member=2)
    assert describe(one).members == 1
    assert np.abs(one.predict_on_batch(x) - model.predict_on_batch(x)).max() > 1e-4


def test_members_of_other_shapes_are_refused():
    members = [get_model("deepbind", input_shape=n, outputs=1) for n in (40, 50)]
    with pytest.raises(ModelError, match="equal inputs and outputs"):
        average_members(members, activation="sigmoid")

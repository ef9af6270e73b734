"""Augmentation is a function of the position in training, and refuses what does not suit the data."""

import numpy as np
import pytest
import tensorflow as tf

from deepbio.augment import POLICIES, RandomStream, augmentation, list_operations
from deepbio.errors import TrainingError
from deepbio.specs import ModelInput, Task

SPECS = {"image": ModelInput("image", (24, 20, 3)), "dna": ModelInput("dna", (80,))}
BINARY = Task("binary", 1)


def batch(modality, n=12):
    high = 256 if modality == "image" else 5
    x = np.random.default_rng(5).integers(0, high, (n, *SPECS[modality].shape), np.uint8)
    return tf.constant(x), tf.constant(np.arange(n) % 2, tf.int32)


def named():
    for modality in SPECS:
        for name in [*POLICIES[modality], *list_operations(modality)]:
            if name not in ("none", "some_of"):
                yield modality, name


@pytest.mark.parametrize(("modality", "name"), list(named()))
def test_the_same_position_leads_to_the_same_changes_in_a_graph_and_outside(modality, name):
    x, y = batch(modality)
    augment = augmentation(name, SPECS[modality], BINARY)
    compiled = tf.function(lambda x, y, step: augment(x, y, [7, 2, step, 0, 0])).get_concrete_function(
        tf.TensorSpec((None, *x.shape[1:]), x.dtype), tf.TensorSpec((None,), y.dtype), tf.TensorSpec((), tf.int32)
    )
    first, again, later = (compiled(x, y, tf.constant(step)) for step in (3, 3, 4))
    assert first.x.dtype == x.dtype
    assert first.x.shape == x.shape
    np.testing.assert_array_equal(first.x, again.x)
    assert (first.x.numpy() != later.x.numpy()).any()
    assert (first.x.numpy() != x.numpy()).any()
    outside = augment(x, y, [7, 2, 3, 0, 0]).x.numpy().astype(int)
    assert np.abs(outside - first.x.numpy()).max() <= 1  # a compiled sum may be rounded the other way


def test_another_seed_epoch_step_or_replica_changes_the_numbers():
    positions = [[0, 0, 0, 0], [1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]]
    assert len({float(RandomStream(position).uniform(())) for position in positions}) == 5


def test_random_numbers_are_uniform():
    found = RandomStream([3]).uniform((10_000,)).numpy()
    assert abs(found.mean() - 0.5) < 0.01
    assert np.bincount(RandomStream([4]).integers((9_000,), 2, 4).numpy())[2:] == pytest.approx([3000] * 3, rel=0.06)


@pytest.mark.parametrize(
    ("spec", "modality", "message"),
    [
        ("ligth", "image", "Did you mean light"),
        (["flipp"], "image", "Did you mean flip"),
        ({"rotate": {"degree": 3}}, "image", "has no option 'degree'"),
        ({"rotate": {"degrees": 300}}, "image", "from 0 to 180"),
        (["mixup", "flip"], "image", "and it is the last"),
        ("medical", "dna", "Unknown augmentation of dna"),
        ({"delete": {"max_bases": 60}}, "dna", "from 1 to 40"),
        ({"some_of": {"number": 3, "operations": ["shift"]}}, "dna", "takes 1 to 1"),
        ([3], "dna", "is a name or"),
    ],
)
def test_what_is_not_an_augmentation_is_refused(spec, modality, message):
    with pytest.raises(TrainingError, match=message):
        augmentation(spec, SPECS[modality], BINARY)


def test_tables_grey_stains_and_labels_of_other_positions_are_refused():
    with pytest.raises(TrainingError, match="no augmentation of a table"):
        augmentation("light", ModelInput("table", (3,)), BINARY)
    with pytest.raises(TrainingError, match="for colour images"):
        augmentation("stain", ModelInput("image", (8, 8, 1)), BINARY)
    augment = augmentation("light", SPECS["dna"], Task("profile", 1))
    with pytest.raises(TrainingError, match="position by position"):
        augment(batch("dna")[0], tf.zeros((12, 40, 1)), [0])
    assert augmentation("none", ModelInput("table", (3,)), BINARY) is None

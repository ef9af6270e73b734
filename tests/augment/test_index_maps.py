"""Operations on DNA move labels with their bases, and change what their names say."""

import numpy as np
import pytest
import tensorflow as tf

from deepbio.augment import augmentation
from deepbio.sequence import reverse_complement
from deepbio.specs import ModelInput, Task

BINARY = Task("binary", 1)
# Labels that number the positions say where each base came from.
TRACKED = ["reverse_complement", "shift", "insert", "delete", "invert", "translocate"]


def tracked(name, n=50, length=90):
    """Apply an operation to sequences whose per-position labels number their positions from 1; 0 marks a new base."""
    x = np.random.default_rng(5).integers(0, 4, (n, length), np.uint8)
    labels = np.broadcast_to(np.arange(1, length + 1), (n, length)).astype(np.int32)
    augment = augmentation([name], ModelInput("dna", (length,)), Task("per_position", length + 1))
    found = augment(tf.constant(x), tf.constant(labels), [0])
    return x, found.x.numpy(), found.y.numpy()


def complemented(name, labels):
    """Return where an operation must complement, from the old positions (1 to `length`) of the bases; None if unknown."""
    length = len(labels)
    if name == "reverse_complement":
        return np.full(length, labels[0] > labels[-1])
    moved = np.flatnonzero(labels != np.arange(1, length + 1))
    if name != "invert":
        return np.zeros(length, bool)
    inside = np.zeros(length, bool)
    if len(moved):  # the middle base of an odd segment stays in its position
        inside[moved[0] : moved[-1] + 1] = True
    return inside


@pytest.mark.parametrize("name", TRACKED)
def test_labels_of_positions_move_with_their_bases(name):
    x, new, labels = tracked(name)
    assert (labels != np.arange(1, 91)).any()
    for before, after, old in zip(x, new, labels, strict=True):
        kept = old > 0
        bases = before[old[kept] - 1]
        flipped = complemented(name, old)[kept]
        wrong = after[kept] != np.where(flipped, 3 - bases, bases)
        # a segment of one base is inverted without a move
        assert wrong.sum() <= (name == "invert" and not flipped.any())
        assert len(set(old[kept])) == kept.sum()  # no position twice


def test_a_reverse_complemented_sequence_reverses_its_profile():
    rng = np.random.default_rng(5)
    x = rng.integers(0, 5, (30, 40), np.uint8)
    y = rng.integers(0, 9, (30, 40, 2)).astype(np.float32)
    augment = augmentation({"reverse_complement": {"probability": 1.0}}, ModelInput("dna", (40,)), Task("profile", 2))
    found = augment(tf.constant(x), tf.constant(y), [0])
    np.testing.assert_array_equal(found.x, reverse_complement(x))
    np.testing.assert_array_equal(found.y, y[:, ::-1])


def test_each_operation_on_dna_does_what_its_name_says():
    def runs(labels):  # pieces of consecutive positions
        marked = np.where(labels == 0, -1, labels)
        return [p for p in np.split(marked, np.flatnonzero(np.diff(marked) != 1) + 1) if p[0] > 0]

    _, new, labels = tracked("shift")
    assert all(len(runs(row)) == 1 for row in labels)
    assert (new[labels == 0] == 4).all()
    for name, pieces in (("insert", 2), ("delete", 2), ("translocate", 2)):
        assert max(len(runs(row)) for row in tracked(name)[2]) == pieces
    _, new, labels = tracked("translocate")
    assert (np.sort(labels, axis=1) == np.arange(1, 91)).all()
    _, _, labels = tracked("invert")
    assert (np.sort(labels, axis=1) == np.arange(1, 91)).all()
    inverted = [(np.diff(row) == -1).sum() + 1 for row in labels if (np.diff(row) < 0).any()]
    assert max(inverted) == 20
    _, new, labels = tracked("delete")
    assert 0 < (labels == 0).sum(axis=1).max() <= 30
    assert set(new[labels == 0]) == {0, 1, 2, 3}


def test_mutations_are_as_many_as_asked_for_and_change_the_base():
    x = np.random.default_rng(5).integers(0, 5, (200, 80), np.uint8)
    augment = augmentation({"mutate": {"fraction": 0.1}}, ModelInput("dna", (80,)), BINARY)
    found = augment(tf.constant(x), tf.zeros(200, tf.int32), [0]).x.numpy()
    assert (found[x == 4] == 4).all()
    assert (found != x)[x < 4].mean() == pytest.approx(0.1, rel=0.05)
    assert found.max() <= 4


def test_evoaug_applies_two_operations_to_each_sequence():
    # one operation out of mutate, and nothing else: all sequences change; of two, half of the sequences get each
    spec = {
        "some_of": {
            "number": 1,
            "operations": [{"reverse_complement": {"probability": 1}}, {"mutate": {"fraction": 1}}],
        }
    }
    x = np.random.default_rng(5).integers(0, 4, (300, 80), np.uint8)
    found = augmentation(spec, ModelInput("dna", (80,)), BINARY)(tf.constant(x), tf.zeros(300, tf.int32), [0]).x.numpy()
    complements = (found == reverse_complement(x)).all(axis=1)
    mutated = (found != x).all(axis=1)
    assert (complements ^ mutated).all()
    assert 120 < complements.sum() < 180

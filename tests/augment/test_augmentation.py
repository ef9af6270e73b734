"""Augmentation is a function of where training stands, keeps what it should, and moves labels with their inputs."""

import numpy as np
import pytest
import tensorflow as tf

from deepbio.augment import POLICIES, Draws, augmentation, list_operations
from deepbio.errors import TrainingError
from deepbio.sequence import reverse_complement
from deepbio.specs import ModelInput, Task

RANDOM = np.random.Generator(np.random.Philox(5))
SPECS = {"image": ModelInput("image", (24, 20, 3)), "dna": ModelInput("dna", (80,))}
BINARY = Task("binary", 1)


def batch(modality, n=12):
    high = 256 if modality == "image" else 5
    x = RANDOM.integers(0, high, (n, *SPECS[modality].shape), np.uint8)
    return tf.constant(x), tf.constant(np.arange(n) % 2, tf.int32)


def named():
    for modality in SPECS:
        for name in [*POLICIES[modality], *list_operations(modality)]:
            if name not in ("none", "some_of"):
                yield modality, name


@pytest.mark.parametrize(("modality", "name"), list(named()))
def test_the_same_place_gives_the_same_changes_in_a_graph_and_outside(modality, name):
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


def test_another_seed_epoch_step_or_replica_draws_anew():
    places = [[0, 0, 0, 0], [1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]]
    assert len({float(Draws(place).uniform(())) for place in places}) == 5


def test_draws_are_spread_evenly():
    found = Draws([3]).uniform((10_000,)).numpy()
    assert abs(found.mean() - 0.5) < 0.01
    assert np.bincount(Draws([4]).integers((9_000,), 2, 4).numpy())[2:] == pytest.approx([3000] * 3, rel=0.06)


# What is said of each pixel moves with the image: the mask is made from the image, so it must still fit after the change.
MOVES = ["flip", {"flip": {"horizontal": False, "vertical": True}}, "shift", "rotate", "zoom", "crop", "elastic"]


@pytest.mark.parametrize("name", MOVES, ids=str)
def test_masks_move_with_their_images(name):
    x = np.zeros((16, 40, 40, 1), np.uint8)
    for i, image in enumerate(x):
        image[8 + i : 20 + i, 6:22] = 200
    task = Task("per_pixel", 2)
    augment = augmentation([name], ModelInput("image", x.shape[1:]), task)
    found = augment(tf.constant(x), tf.constant((x[..., 0] > 100).astype(np.int32)), [0, 0, 1])
    inside = found.x.numpy()[..., 0] > 100
    assert found.y.dtype == tf.int32
    assert (inside != (x[..., 0] > 100)).any()
    overlap = (inside & (found.y.numpy() == 1)).sum() * 2 / (inside.sum() + (found.y.numpy() == 1).sum())
    assert overlap > 0.97


def test_changes_of_values_leave_masks_alone():
    x, _ = batch("image")
    y = tf.constant(RANDOM.integers(0, 3, (12, 24, 20)), tf.int32)
    augment = augmentation(["contrast", "noise", "blur", "cutout", "stain"], SPECS["image"], Task("per_pixel", 3))
    np.testing.assert_array_equal(augment(x, y, [0]).y, y)


def test_a_flip_mirrors_half_of_the_images_exactly():
    x, y = batch("image", 400)
    found = augmentation("flip", SPECS["image"], BINARY)(x, y, [0]).x.numpy()
    same = (found == x.numpy()).all(axis=(1, 2, 3))
    mirrored = (found == x.numpy()[:, :, ::-1]).all(axis=(1, 2, 3))
    assert (same ^ mirrored).all()
    assert 150 < mirrored.sum() < 250


def test_elastic_warping_moves_down_and_right_by_different_amounts():
    rows = np.broadcast_to(3 * np.arange(64, dtype=np.uint8)[None, :, None, None], (1, 64, 64, 1))
    columns = rows.transpose(0, 2, 1, 3)
    augment = augmentation({"elastic": {"strength": 0.05}}, ModelInput("image", (64, 64, 1)), BINARY)
    down, right = (
        (augment(tf.constant(np.ascontiguousarray(v)), tf.constant([0]), [1]).x.numpy().astype(float) - v) / 3
        for v in (rows, columns)
    )
    assert abs(np.corrcoef(down.ravel(), right.ravel())[0, 1]) < 0.9
    assert 0.3 < down.std() < 6


def test_stains_taken_apart_and_put_together_give_the_same_colours():
    x, y = batch("image")
    found = augmentation({"stain": {"share": 0, "shift": 0}}, SPECS["image"], BINARY)(x, y, [0]).x.numpy()
    assert np.abs(found.astype(int) - x.numpy()).max() <= 1


def test_stain_jitter_changes_the_stain_and_leaves_white():
    white = np.full((8, 4, 4, 3), 255, np.uint8)
    tissue = np.full((8, 4, 4, 3), (150, 60, 140), np.uint8)
    augment = augmentation({"stain": {"share": 0.3, "shift": 0}}, ModelInput("image", (4, 4, 3)), BINARY)
    assert (augment(tf.constant(white), tf.zeros(8, tf.int32), [0]).x.numpy() == 255).all()
    assert augment(tf.constant(tissue), tf.zeros(8, tf.int32), [0]).x.numpy().std(axis=0).min() > 5


def test_mixup_gives_both_labels_in_the_shares_of_the_images():
    x = np.zeros((64, 4, 4, 1), np.uint8)
    x[::2] = 200
    y = (np.arange(64) % 2 == 0).astype(np.int32)
    found = augmentation({"mixup": {"alpha": 1.0}}, ModelInput("image", (4, 4, 1)), BINARY)(
        tf.constant(x), tf.constant(y), [0]
    )
    said = (1 - found.share) * found.y.numpy() + found.share * found.other.numpy()
    np.testing.assert_allclose(found.x.numpy()[:, 0, 0, 0] / 200, said, atol=0.01)
    assert ((found.share > 0) & (found.share < 1)).numpy().all()


def test_cutmix_counts_the_pixels_of_each_image():
    x = np.zeros((64, 16, 16, 1), np.uint8)
    x[::2] = 200
    y = (np.arange(64) % 2 == 0).astype(np.int32)
    spec = ModelInput("image", (16, 16, 1))
    found = augmentation("cutmix", spec, BINARY)(tf.constant(x), tf.constant(y), [0])
    said = (1 - found.share) * found.y.numpy() + found.share * found.other.numpy()
    np.testing.assert_allclose((found.x.numpy() > 100).mean(axis=(1, 2, 3)), said, atol=1e-6)
    masks = tf.constant((x[..., 0] > 0).astype(np.int32))
    cut = augmentation("cutmix", spec, Task("per_pixel", 2))(tf.constant(x), masks, [0])
    np.testing.assert_array_equal(cut.y.numpy() == 1, cut.x.numpy()[..., 0] > 100)


# DNA: each operation is a map of positions, so labels of positions say where each base came from.
TRACKED = ["reverse_complement", "shift", "insert", "delete", "invert", "translocate"]


def tracked(name, n=50, length=90):
    """Apply an operation to sequences whose per-position labels number their positions from 1; 0 marks a new base."""
    x = RANDOM.integers(0, 4, (n, length), np.uint8)
    labels = np.broadcast_to(np.arange(1, length + 1), (n, length)).astype(np.int32)
    augment = augmentation([name], ModelInput("dna", (length,)), Task("per_position", length + 1))
    found = augment(tf.constant(x), tf.constant(labels), [0])
    return x, found.x.numpy(), found.y.numpy()


@pytest.mark.parametrize("name", TRACKED)
def test_labels_of_positions_move_with_their_bases(name):
    x, new, labels = tracked(name)
    assert (labels != np.arange(1, 91)).any()
    for before, after, from_ in zip(x, new, labels, strict=True):
        kept = from_ > 0
        own = before[from_[kept] - 1]
        assert (
            np.isin(after[kept] - own.astype(int), [0]).all() or ((after[kept] == own) | (after[kept] == 3 - own)).all()
        )
        assert len(set(from_[kept])) == kept.sum()  # no position twice


def test_a_reverse_complemented_sequence_reverses_its_profile():
    x = RANDOM.integers(0, 5, (30, 40), np.uint8)
    y = RANDOM.integers(0, 9, (30, 40, 2)).astype(np.float32)
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
    turned = [(np.diff(row) == -1).sum() + 1 for row in labels if (np.diff(row) < 0).any()]
    assert max(turned) == 20
    _, new, labels = tracked("delete")
    assert 0 < (labels == 0).sum(axis=1).max() <= 30
    assert set(new[labels == 0]) == {0, 1, 2, 3}


def test_mutations_are_as_many_as_asked_for_and_change_the_base():
    x = RANDOM.integers(0, 5, (200, 80), np.uint8)
    augment = augmentation({"mutate": {"share": 0.1}}, SPECS["dna"], BINARY)
    found = augment(tf.constant(x), tf.zeros(200, tf.int32), [0]).x.numpy()
    assert (found[x == 4] == 4).all()
    assert (found != x)[x < 4].mean() == pytest.approx(0.1, rel=0.05)
    assert found.max() <= 4


def test_evoaug_applies_two_operations_to_each_sequence():
    # one operation out of mutate, and nothing else: all sequences change; of two, half of the sequences get each
    said = {
        "some_of": {"number": 1, "operations": [{"reverse_complement": {"probability": 1}}, {"mutate": {"share": 1}}]}
    }
    x = RANDOM.integers(0, 4, (300, 80), np.uint8)
    found = augmentation(said, SPECS["dna"], BINARY)(tf.constant(x), tf.zeros(300, tf.int32), [0]).x.numpy()
    turned = (found == reverse_complement(x)).all(axis=1)
    mutated = (found != x).all(axis=1)
    assert (turned ^ mutated).all()
    assert 120 < turned.sum() < 180


@pytest.mark.parametrize(
    ("said", "modality", "message"),
    [
        ("ligth", "image", "Did you mean light"),
        (["flipp"], "image", "Did you mean flip"),
        ({"rotate": {"degree": 3}}, "image", "has no option 'degree'"),
        ({"rotate": {"degrees": 300}}, "image", "from 0 to 180"),
        (["mixup", "flip"], "image", "and it is the last"),
        ("medical", "dna", "Unknown augmentation of dna"),
        ({"delete": {"most": 60}}, "dna", "from 1 to 40"),
        ({"some_of": {"number": 3, "operations": ["shift"]}}, "dna", "takes 1 to 1"),
        ([3], "dna", "is a name or"),
    ],
)
def test_what_is_not_an_augmentation_is_refused(said, modality, message):
    with pytest.raises(TrainingError, match=message):
        augmentation(said, SPECS[modality], BINARY)


def test_tables_grey_stains_and_labels_of_other_places_are_refused():
    with pytest.raises(TrainingError, match="no augmentation of a table"):
        augmentation("light", ModelInput("table", (3,)), BINARY)
    with pytest.raises(TrainingError, match="for colour images"):
        augmentation("stain", ModelInput("image", (8, 8, 1)), BINARY)
    augment = augmentation("light", SPECS["dna"], Task("profile", 1))
    with pytest.raises(TrainingError, match="place by place"):
        augment(batch("dna")[0], tf.zeros((12, 40, 1)), [0])
    assert augmentation("none", ModelInput("table", (3,)), BINARY) is None

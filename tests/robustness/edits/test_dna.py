"""Attacks on DNA find the substitutions that matter, keep to their constraints, and need fewer of them than random ones."""

import keras
import numpy as np
import pytest

from deepbio.errors import DataError
from deepbio.robustness import Constraints, attack_dna, positions_taken, random_substitutions
from deepbio.sequence import encode, translate
from deepbio.zoo import get_model


@pytest.fixture(scope="module")
def donor():
    """Return a network of two classes whose logit is the number of matches to GT at positions 5 and 6, minus 1.5."""
    inputs = keras.Input((12, 4))
    model = keras.Model(inputs, keras.layers.Dense(1)(keras.layers.Flatten()(inputs)))
    weights = np.zeros((12, 4))
    weights[5, 2] = weights[6, 3] = 1
    model.layers[-1].set_weights([weights.reshape(48, 1), np.array([-1.5])])
    return model


def test_one_substitution_in_the_dinucleotide_is_enough_and_is_found(donor):
    found = attack_dna(donor, ["AAAAAGTAAAAA", "AAAAAGCAAAAA", "AAAAACCAAAAA"])
    assert found.clean.tolist() == [1, 0, 0]
    assert found.predicted.tolist() == [0, 1, 1]
    assert found.counts.tolist() == [1, 1, 2]
    assert found.substitutions[1] == ((6, 3),)
    assert {where for chosen in found.substitutions for where, _ in chosen} == {5, 6}
    assert positions_taken(found, [0]).sum(axis=1).tolist() == [0] * 5 + [1, 2] + [0] * 5


def test_random_substitutions_need_more(donor):
    sequences = ["AAAAAGTAAAAA"] * 4
    counts = random_substitutions(donor, sequences, repeats=25, max_substitutions=12)
    # the first of 12 positions in random order that hits one of two lies at 13/3 on average
    assert counts.min() >= 1
    assert counts.mean() == pytest.approx(13 / 3, abs=0.8)
    assert attack_dna(donor, sequences).counts.max() == 1


def test_predictions_of_a_real_network_are_those_of_the_whole_model():
    model = get_model("dna_cnn", input_shape=40, outputs=3, seed=1)
    random = np.random.Generator(np.random.Philox(1))
    x = random.integers(0, 4, (3, 40)).astype(np.uint8)
    greedy, wide = (attack_dna(model, x, max_substitutions=15, beam=beam) for beam in (1, 3))
    np.testing.assert_array_equal(greedy.predicted, np.asarray(model(greedy.x)).argmax(1))
    np.testing.assert_array_equal((greedy.x != x).sum(1), [len(one) for one in greedy.substitutions])
    assert greedy.success.all()
    assert (wide.counts[wide.success] <= greedy.counts[wide.success]).all()


def test_a_target_is_reached_or_reported_as_not():
    model = get_model("dna_cnn", input_shape=40, outputs=3, seed=1)
    found = attack_dna(model, "ACGT" * 10, target=2, max_substitutions=20)
    assert found.success.tolist() == [found.predicted[0] == 2]
    few = attack_dna(model, "ACGT" * 10, target=int((found.clean[0] + 1) % 3), max_substitutions=1)
    assert few.counts[0] in (-1, 1)


def test_constraints_are_kept(donor):
    gt = "AAAAAGTAAAAA"
    closed = attack_dna(donor, gt, constraints=Constraints(protected=[(5, 7)]))
    assert closed.counts.tolist() == [-1]
    same_gc = attack_dna(donor, gt, constraints=Constraints(gc_change=0))
    assert same_gc.substitutions[0] in (((5, 1),), ((6, 0),))
    unknown = attack_dna(donor, "AAAAANTAAAAA", max_substitutions=12)
    assert unknown.counts.tolist() == [-1]
    allowed = Constraints(frame=0, synonymous=True).allowed(encode("ATGGCATAA"), encode("ATGGCATAA"))
    # Met has one codon; GCN is Ala; TAA, TAG and TGA are stops (standard genetic code)
    assert np.argwhere(allowed).tolist() == [[5, 1], [5, 2], [5, 3], [7, 2], [8, 2]]
    for where, base in np.argwhere(Constraints(frame=0, no_stop=True).allowed(encode("TATTGG"), encode("TATTGG"))):
        changed = encode("TATTGG")
        changed[where] = base
        assert "*" not in translate(changed)


def test_outputs_along_a_sequence_are_attacked_at_a_position():
    model = get_model("spliceai_80nt", input_shape=100, filters=4, seed=1)
    x = np.random.Generator(np.random.Philox(4)).integers(0, 4, (1, 100)).astype(np.uint8)
    found = attack_dna(model, x, position=10, max_substitutions=30)
    assert found.predicted[0] == np.asarray(model(found.x))[0, 10].argmax()
    with pytest.raises(DataError, match="expected position="):
        attack_dna(model, x)


def test_a_search_in_a_region_finds_what_one_finds_with_the_rest_protected():
    model = get_model("dna_cnn", input_shape=40, outputs=3, seed=1)
    x = np.random.Generator(np.random.Philox(2)).integers(0, 4, (3, 40)).astype(np.uint8)
    near = attack_dna(model, x, start=10, end=30, max_substitutions=6)
    kept = attack_dna(model, x, constraints=Constraints(protected=[(0, 10), (30, 40)]), max_substitutions=6)
    assert near.substitutions == kept.substitutions
    assert {where for chosen in near.substitutions for where, _ in chosen} <= set(range(10, 30))


def test_random_substitutions_in_a_region_change_nothing_elsewhere(donor):
    sequences = ["AAAAAGTAAAAA"] * 3
    assert (random_substitutions(donor, sequences, start=7, max_substitutions=5) == -1).all()
    inside = random_substitutions(donor, sequences, start=5, end=7, max_substitutions=5)
    assert (inside == 1).all()


def test_what_makes_no_sense_is_refused(donor):
    for options, message in [
        ({"target": 2}, "from 0 to 1"),
        ({"position": 3}, "have no positions"),
        ({"beam": 0}, "at least 1"),
        ({"start": 9, "end": 5}, "start < end"),
        ({"constraints": Constraints(protected=[(3, 20)])}, "Protected positions"),
    ]:
        with pytest.raises(DataError, match=message):
            attack_dna(donor, "AAAAAGTAAAAA", **options)
    with pytest.raises(DataError, match="need frame="):
        Constraints(synonymous=True)

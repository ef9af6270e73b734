"""SpliceAI's output rules, against values worked out by hand from their description."""

import numpy as np
import pytest

from deepbio.variants.rules import Effect, align, left_out, score


def outputs(distance, **sites):
    """Return probabilities that are 0 but for `acceptor_3=0.9`: acceptor, 3 positions after the first."""
    y = np.zeros((2 * distance + 1, 3), np.float32)
    for name, value in sites.items():
        kind, place = name.split("_")
        y[int(place), {"acceptor": 1, "donor": 2}[kind]] = value
    return y


def test_gains_and_losses_are_the_largest_and_lie_relative_to_pos():
    reference, alternate = outputs(5, acceptor_2=0.75, donor_9=0.5), outputs(5, acceptor_7=0.5, donor_9=0.25)
    scores, places = score(reference, alternate)
    assert scores == (0.5, 0.75, 0.0, 0.25)
    assert places == (2, -3, -5, 4)


def test_the_first_position_wins_a_tie():
    scores, places = score(outputs(5), outputs(5, donor_4=0.5, donor_6=0.5))
    assert (scores[2], places[2]) == (0.5, -1)


def test_the_mask_hides_gains_at_the_boundary_and_losses_elsewhere():
    reference, alternate = outputs(5, acceptor_2=0.75, donor_8=0.5), outputs(5, acceptor_8=0.5, donor_3=0.25)
    assert score(reference, alternate, boundary=3)[0] == (0.0, 0.0, 0.25, 0.5)
    assert score(reference, alternate, boundary=-3)[0] == (0.5, 0.75, 0.25, 0.0)
    assert score(reference, alternate, boundary=3)[1] == score(reference, alternate)[1]


def test_a_deletion_gets_zeros_after_the_base_at_pos():
    y = np.arange(1.0, 6.0)[:, None] * np.ones((1, 3))  # 7 positions less 2 deleted ones
    assert align(y, ref=3, alt=1, distance=3)[:, 0].tolist() == [1, 2, 3, 4, 0, 0, 5]


def test_an_insertion_becomes_its_maximum_channel_by_channel():
    y = np.array([[1, 9], [2, 8], [7, 1], [3, 6], [4, 4]], np.float32)  # 3 positions and 2 inserted ones
    assert align(y, ref=1, alt=3, distance=1).tolist() == [[1, 9], [7, 8], [4, 4]]


def test_two_long_alleles_share_their_first_positions():
    y = np.arange(1.0, 9.0)[:, None]
    assert align(y, ref=2, alt=3, distance=3)[:, 0].tolist() == [1, 2, 3, 4, 6, 7, 8]
    assert align(y, ref=3, alt=2, distance=4)[:, 0].tolist() == [1, 2, 3, 4, 5, 6, 0, 7, 8]


def test_a_substitution_is_left_as_it_is():
    y = outputs(3, donor_2=0.5)
    assert align(y, ref=1, alt=1, distance=3) is y


def test_a_masked_negative_gain_keeps_its_sign_in_print():
    # SpliceAI multiplies by 0, and prints -0.00
    assert (
        Effect("A", "g", "+", (-1e-9 * 0, 0.125, 0.375, 1.0), (0, 1, -2, 3)).text()
        == "A|g|-0.00|0.12|0.38|1.00|0|1|-2|3"
    )


@pytest.mark.parametrize(
    ("alternate", "reason"),
    [("A", None), ("ACGT", None), (".", "no alternate allele"), ("-", "no alternate allele"), ("*", "overlapping deletion (*)"),
     ("<INS>", "symbolic"), ("A[2:321682[", "symbolic")],
)  # fmt: skip
def test_alternates_without_bases_are_left_out(alternate, reason):
    assert left_out(alternate) == reason

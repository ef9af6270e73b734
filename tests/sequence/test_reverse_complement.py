import numpy as np
import pytest
from Bio.Seq import reverse_complement as biopython
from hypothesis import given
from hypothesis import strategies as st

from deepbio.errors import DataError
from deepbio.sequence import decode, encode, one_hot, reverse_complement, reverse_complement_one_hot

dna = st.text(alphabet="ACGTN", max_size=60)


@given(dna)
def test_reverse_complement_is_its_own_inverse(text):
    codes = encode(text)
    assert (reverse_complement(reverse_complement(codes)) == codes).all()


@given(dna)
def test_reverse_complement_agrees_with_biopython(text):
    assert decode(reverse_complement(encode(text))) == biopython(text)


@given(dna)
def test_one_hot_and_codes_agree(text):
    codes = encode(text)
    assert (reverse_complement_one_hot(one_hot(codes)) == one_hot(reverse_complement(codes))).all()


def test_each_sequence_of_a_batch_is_reversed_on_its_own():
    assert decode(reverse_complement(encode(["AACG", "NTTT"]))) == ["CGTT", "AAAN"]


def test_soft_letters_are_reversed_too():
    soft = np.array([[0.7, 0.1, 0.1, 0.1], [0.0, 0.2, 0.3, 0.5]])
    assert reverse_complement_one_hot(soft).tolist() == [[0.5, 0.3, 0.2, 0.0], [0.1, 0.1, 0.1, 0.7]]


def test_the_input_is_left_alone():
    codes = encode("AACG")
    reverse_complement(codes)
    assert decode(codes) == "AACG"


def test_wrong_shapes_are_refused():
    with pytest.raises(DataError, match=r"\(2, 3\)"):
        reverse_complement_one_hot(np.zeros((2, 3)))
    with pytest.raises(DataError, match="single number"):
        reverse_complement(2)

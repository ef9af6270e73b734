import numpy as np
import pytest
from Bio.SeqUtils import gc_fraction
from hypothesis import given
from hypothesis import strategies as st

from deepbio.errors import DataError
from deepbio.sequence import encode, gc_content, reverse_complement


@given(st.text(alphabet="ACGTN", min_size=1, max_size=60).filter(lambda s: s.strip("N")))
def test_gc_content_agrees_with_biopython(text):
    assert gc_content(encode(text)) == pytest.approx(gc_fraction(text, ambiguous="remove"))


@given(st.text(alphabet="ACGT", min_size=1))
def test_both_strands_have_one_gc_content(text):
    codes = encode(text)
    assert gc_content(codes) == gc_content(reverse_complement(codes))


def test_a_sequence_of_n_has_no_gc_content():
    assert np.isnan(gc_content(encode(["NNN", "GCA"]))).tolist() == [True, False]


def test_a_single_number_is_refused():
    with pytest.raises(DataError):
        gc_content(1)

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepbio.errors import DataError
from deepbio.sequence import decode, encode, resize

SEQUENCES = [encode("ACGTA"), encode("TT"), encode("")]


@pytest.mark.parametrize(
    ("align", "expected"),
    [("center", ["ACGT", "NTTN", "NNNN"]), ("start", ["ACGT", "TTNN", "NNNN"]), ("end", ["CGTA", "NNTT", "NNNN"])],
)
def test_sequences_are_cropped_or_padded_where_align_says(align, expected):
    assert decode(resize(SEQUENCES, 4, align=align)) == expected


@given(st.text(alphabet="ACGT", max_size=20), st.integers(1, 30), st.sampled_from(["center", "start", "end"]))
def test_padding_and_cropping_again_gives_the_sequence_back(text, more, align):
    padded = resize([encode(text)], len(text) + more, align=align)
    if text:
        assert decode(resize(padded, len(text), align=align)) == [text]
    assert np.count_nonzero(padded == 4) == more


def test_an_array_is_resized_row_by_row():
    assert decode(resize(encode(["AACC", "GGTT"]), 2)) == ["AC", "GT"]


def test_wrong_options_are_refused():
    with pytest.raises(DataError, match="Did you mean center"):
        resize(SEQUENCES, 4, align="centre")  # type: ignore[arg-type]
    with pytest.raises(DataError, match="length 0"):
        resize(SEQUENCES, 0)
    with pytest.raises(DataError, match=r"received \(2, 2\)"):
        resize([encode(["AC", "GT"])], 2)

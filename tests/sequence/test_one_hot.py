import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from deepbio.errors import DataError
from deepbio.sequence import encode, from_one_hot, one_hot

codes = hnp.arrays(np.uint8, hnp.array_shapes(min_dims=1, max_dims=3, min_side=0), elements=st.integers(0, 4))


@given(codes)
def test_from_one_hot_gives_back_the_codes(c):
    assert (from_one_hot(one_hot(c)) == c).all()


@given(codes, st.sampled_from([np.uint8, np.float32, np.float16, bool, np.int64]))
def test_one_hot_has_one_at_the_code_and_none_for_n(c, dtype):
    x = one_hot(c, dtype)
    assert x.dtype == dtype
    assert x.shape == (*c.shape, 4)
    for i in range(4):
        assert (x[..., i] == (c == i)).all()


def test_columns_are_a_c_g_t():
    assert one_hot(encode("GATTACAN")).tolist() == [
        [0, 0, 1, 0],
        [1, 0, 0, 0],
        [0, 0, 0, 1],
        [0, 0, 0, 1],
        [1, 0, 0, 0],
        [0, 1, 0, 0],
        [1, 0, 0, 0],
        [0, 0, 0, 0],
    ]


def test_long_batches_are_expanded_across_chunks():
    c = np.random.default_rng(0).integers(0, 5, (7, 20_001), dtype=np.uint8)
    assert (one_hot(c) == np.eye(5, 4, dtype=np.uint8)[c]).all()


def test_a_view_with_strides_is_expanded_in_its_order():
    c = encode(["ACGTN", "TTTTA"])
    assert (one_hot(c[:, ::-1]) == one_hot(c)[:, ::-1]).all()


@pytest.mark.parametrize("row", [[0.5, 0.5, 0, 0], [1, 1, 0, 0], [2, 0, 0, 0], [1, 0, 0, 0.1], [np.nan, 0, 0, 0]])
def test_soft_letters_have_no_code(row):
    with pytest.raises(DataError, match=r"at \(1,\)"):
        from_one_hot([[1, 0, 0, 0], row])


def test_another_number_of_columns_is_refused():
    with pytest.raises(DataError, match=r"\(3, 5\)"):
        from_one_hot(np.zeros((3, 5)))

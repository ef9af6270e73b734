import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.metrics import f1_score, jaccard_score

from deepbio.metrics import dice, iou

_MASKS = arrays(np.int64, (3, 12), elements=st.integers(0, 1)).filter(lambda mask: mask.any(axis=1).all())


@given(_MASKS, arrays(np.float64, (3, 12), elements=st.floats(0, 1)))
def test_dice_and_iou_equal_f1_and_jaccard_of_the_pixels(y, p):
    predicted = p >= 0.5
    expected = np.mean([f1_score(one, other) for one, other in zip(y, predicted, strict=True)])
    assert dice(y, p) == pytest.approx(expected, rel=1e-12, abs=1e-12)
    expected = np.mean([jaccard_score(one, other) for one, other in zip(y, predicted, strict=True)])
    assert iou(y, p) == pytest.approx(expected, rel=1e-12, abs=1e-12)


def test_an_image_with_nothing_in_it_is_left_out():
    assert dice([[0, 0], [1, 1]], [[0.1, 0.1], [0.9, 0.1]]) == pytest.approx(2 / 3)

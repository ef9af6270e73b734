"""Summaries of positions by smooth curves, as Sei reads them."""

import keras
import numpy as np

from deepbio.errors import ModelError
from deepbio.layers.base import Layer, ops


@keras.saving.register_keras_serializable(package="deepbio")
class SplinePooling(Layer):
    """Sum positions weighted by cubic B-splines, one sum per spline, without weights that are learned.

    The splines overlap and cover all positions; their inner knots are at equal distances (Chen et al. 2022,
    doi:10.1038/s41588-022-01102-2).

    Args:
        splines: Number of splines, at least 4.

    Input shape: `(batch, positions, channels)`, positions fixed.
    Output shape: `(batch, splines, channels)`.

    Example:
        >>> SplinePooling(4)(keras.ops.ones((1, 8, 2))).shape
        TensorShape([1, 4, 2])
    """

    def __init__(self, splines: int, **options):
        super().__init__(**options)
        self.splines = splines
        if splines < 4:
            raise ModelError(f"SplinePooling has at least 4 splines; received {splines}.")

    def call(self, x):
        """Multiply by the values of the splines."""
        weights = ops.convert_to_tensor(spline_basis(x.shape[1], self.splines).T, x.dtype)
        return ops.matmul(weights, x)

    def compute_output_shape(self, input_shape):
        """Return `(batch, splines, channels)`."""
        return (input_shape[0], self.splines, input_shape[2])


def spline_basis(positions: int, splines: int) -> np.ndarray:
    """Return the values of cubic B-splines at positions 0, 1, 2 and so on, float32 `(positions, splines)`.

    Example:
        >>> spline_basis(5, 4).sum(axis=1).tolist()
        [1.0, 1.0, 1.0, 1.0, 1.0]
    """
    from scipy.interpolate import BSpline

    last = float(positions - 1)
    knots = np.concatenate([np.zeros(3), np.linspace(0, last, splines - 2), np.full(3, last)])
    return BSpline.design_matrix(np.arange(positions), knots, 3).toarray().astype(np.float32)

"""`quick_gelu`: the GELU by its sigmoid approximation."""

from __future__ import annotations

from typing import Any

import keras

ops: Any = keras.ops  # its annotations name one backend's tensors only


@keras.saving.register_keras_serializable(package="deepbio")
def quick_gelu(x):
    """Return `x * sigmoid(1.702 * x)`, elementwise (Hendrycks and Gimpel 2016, arXiv:1606.08415).

    Example:
        >>> round(float(quick_gelu(keras.ops.array(1.0))), 4)
        0.8458
    """
    return x * ops.sigmoid(1.702 * x)

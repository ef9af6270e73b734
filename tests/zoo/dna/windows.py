"""Windows that the tests of this folder share."""

import numpy as np


def random_windows(n: int, length: int, seed: int = 0) -> np.ndarray:
    """Codes 0 to 4, so that unknown bases occur."""
    return np.random.Generator(np.random.Philox(seed)).integers(0, 5, (n, length)).astype(np.uint8)

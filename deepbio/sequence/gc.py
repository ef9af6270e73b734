"""GC content: the fraction of G and C among the known bases."""

import numpy as np
from numpy.typing import ArrayLike

from deepbio.sequence.codes import N, as_codes


def gc_content(codes: ArrayLike) -> np.ndarray:
    """Return the fraction of G and C among A C G T, 0 to 1, of codes `(..., length)`: shape `(...)`, NaN if all are N.

    Example:
        >>> from deepbio.sequence import encode
        >>> gc_content(encode(["GGCA", "ATNN"]))
        array([0.75, 0.  ])
    """
    codes = as_codes(codes, shape="sequences")
    known = np.count_nonzero(codes != N, axis=-1)
    # C and G are 1 and 2: less one, they are the only codes below 2 once A wraps round to 255.
    strong = np.count_nonzero(codes - np.uint8(1) < 2, axis=-1)
    fraction = np.full(np.shape(known), np.nan)
    return np.divide(strong, known, out=fraction, where=np.asarray(known) > 0)

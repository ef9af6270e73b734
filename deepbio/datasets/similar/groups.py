"""Near duplicates as groups, for splits that keep them together."""

from __future__ import annotations

from typing import Any

import numpy as np

from deepbio.datasets.similar.dna import similar_sequences
from deepbio.datasets.similar.images import similar_images
from deepbio.errors import DataError


def near_pairs(content: Any) -> tuple[np.ndarray, np.ndarray]:
    """Find near duplicates among DNA codes `(n, length)` or images `(n, height, width, channels)`, both uint8.

    Returns:
        int64 pairs `(m, 2)` and their similarity `(m,)`; see `similar_sequences` and `similar_images`.

    Raises:
        DataError: the examples are neither.
    """
    shape, dtype = getattr(content, "shape", ()), getattr(content, "dtype", None)
    if dtype == np.uint8 and len(shape) == 2:
        return similar_sequences(content if isinstance(content, np.ndarray) else content[np.arange(len(content))])
    if dtype == np.uint8 and len(shape) == 4:
        return similar_images(content)
    raise DataError(
        "Near duplicates are looked for among DNA and images only. Use duplicates='group' for identical examples."
    )


def near_groups(content: Any) -> np.ndarray:
    """Return each example the group of its near duplicates, `(n,)`, as strings: chains of similar examples are one group.

    Example:
        >>> codes = np.random.default_rng(0).integers(0, 4, (3, 50), np.uint8)
        >>> codes[2, :45] = codes[0, 5:]
        >>> near_groups(codes).tolist()
        ['0', '1', '0']
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    pairs, _ = near_pairs(content)
    n = len(content)
    graph = coo_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(n, n))
    return connected_components(graph, directed=False)[1].astype(str)

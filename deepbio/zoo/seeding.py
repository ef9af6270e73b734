"""Seeds without global state: layers drawn inside `seeded` repeat, and Python's own generator is put back after."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Iterator


@contextlib.contextmanager
def seeded(seed: int | None) -> Iterator[None]:
    """Make the initial weights and dropout seeds of layers built inside a function of `seed`; `None` leaves them random.

    Keras draws the seed of every initializer and of every dropout layer from Python's `random` module when the layer is
    made, and the weights from that seed.

    Example:
        >>> with seeded(1):
        ...     first = random.random()
        >>> with seeded(1):
        ...     print(first == random.random())
        True
    """
    if seed is None:
        yield
        return
    state = random.getstate()
    random.seed(seed)
    try:
        yield
    finally:
        random.setstate(state)

"""Random data of the tests, the same for each test whatever ran before it."""

import numpy as np
import pytest


@pytest.fixture
def random():
    return np.random.default_rng(0)

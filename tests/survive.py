"""What the tests that `make survive` runs have in common."""

import pytest


def in_survive(group):
    """Return a decorator that leaves a test to `make survive`, on one process with the others of a group, which share a fixture."""
    return lambda test: pytest.mark.slow(pytest.mark.multiworker(pytest.mark.xdist_group(group)(test)))

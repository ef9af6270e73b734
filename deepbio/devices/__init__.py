"""Devices: strategies, clusters of processes, sharding of a batch, precision, and the machine itself."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from deepbio.devices.strategy import choose_strategy

__all__ = ["choose_strategy"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'deepbio.devices' has no attribute {name!r}")
    from deepbio.devices import strategy  # lazy: deepbio.devices.machine works without TensorFlow

    return getattr(strategy, name)

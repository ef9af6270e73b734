"""Devices: strategies, clusters of processes, shares of a batch, precision and energy."""

from deepbio.devices.strategy import choose_strategy

__all__ = ["choose_strategy"]

"""Settings of a server, which pass from the command to its worker processes as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

VARIABLE = "DEEPBIO_SERVING"  # environment variable of the settings


@dataclass(frozen=True)
class ServerSettings:
    """Which presets are served, and how requests form batches.

    Args:
        presets: Folder of each preset by name.
        tables: Whether a preset takes rows of a table, by name.
        batching: Whether requests of several clients form one batch.
        max_batch_size: Maximum number of examples of a batch, and of a request.
        max_latency_ms: Time in which a request should be answered, from which BentoML derives how long a batch may wait.
        workers: Number of processes, each with all presets.
        timeout_s: Seconds after which a request fails.
    """

    presets: dict[str, str]
    tables: dict[str, bool]
    batching: bool = True
    max_batch_size: int = 64
    max_latency_ms: int = 1000
    workers: int = 1
    timeout_s: int = 60

    def to_dict(self) -> dict[str, Any]:
        """Return the settings as JSON-able values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> ServerSettings:
        """Return the settings that `to_dict` returned."""
        return cls(**values)

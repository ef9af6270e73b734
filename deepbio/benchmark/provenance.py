"""Provenance of a number: versions, machine, device, and the state of the checkout."""

import contextlib
import importlib.metadata
import platform
import subprocess
import sys
from pathlib import Path
from typing import Any

from deepbio import __version__
from deepbio.devices.machine import available_cores

_PACKAGES = ("tensorflow", "keras", "numpy", "scipy", "scikit-learn", "pandas")


def provenance() -> dict[str, Any]:
    """Return versions, machine and git state, JSON-able, without loading TensorFlow.

    Example:
        >>> sorted(provenance())
        ['git', 'machine', 'versions']
    """
    versions = {"deepbio": __version__, "python": platform.python_version()}
    for name in _PACKAGES:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            versions[name] = importlib.metadata.version(name)
    machine = {
        "system": f"{platform.system()} {platform.machine()}",
        "processor": _processor(),
        "cores": available_cores(),
        "device": _device(),
    }
    return {"versions": versions, "machine": machine, "git": git_state()}


def git_state(folder: Path | None = None) -> dict[str, Any] | None:
    """Return the commit of the checkout of this code and whether files have changed since, or `None` outside of a checkout."""
    checkout = folder or Path(__file__).resolve().parents[2]
    if not (checkout / ".git").exists():  # an installed package may be inside somebody else's checkout
        return None
    try:
        commit, changes = (
            subprocess.run(["git", *words], cwd=checkout, capture_output=True, text=True, check=True, timeout=30).stdout
            for words in (["rev-parse", "HEAD"], ["status", "--porcelain", "--untracked-files=no"])
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return {"commit": commit.strip(), "changed": bool(changes.strip())}


def _processor() -> str:
    with contextlib.suppress(OSError, StopIteration):
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line for line in lines if line.startswith("model name")).split(":", 1)[1].strip()
    return platform.processor() or "unknown"


def _device() -> str:
    """Return the names of the GPUs that TensorFlow uses in this process, or "CPU"."""
    if "tensorflow" not in sys.modules:
        return "CPU"
    import tensorflow as tf

    names = [
        tf.config.experimental.get_device_details(device).get("device_name", "GPU")
        for device in tf.config.list_physical_devices("GPU")
    ]
    return ", ".join(names) or "CPU"

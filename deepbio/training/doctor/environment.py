"""The machine, its devices and what TensorFlow can use of them."""

import importlib.metadata
import os
import platform
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf

from deepbio import __version__
from deepbio.devices.machine import available_cores, nvidia_gpus
from deepbio.devices.strategy import unused_gpus

PACKAGES = ("tensorflow", "keras", "numpy", "scipy", "pandas", "scikit-learn", "h5py")


def environment() -> dict[str, Any]:
    """Return versions, machine, devices and problems, JSON-able.

    Returns:
        A dictionary of `versions` and `machine` (name to text), `devices` (name, kind, description) and `problems` (sentences with
        advice).

    Example:
        >>> sorted(environment())
        ['devices', 'machine', 'problems', 'versions']
    """
    build = tf.sysconfig.get_build_info()
    versions = {"deepbio": __version__, "python": platform.python_version(), "backend": keras.backend.backend()}
    versions |= {name: _version(name) for name in PACKAGES}
    built = f"{build.get('cuda_version', '?')}, cuDNN {build.get('cudnn_version', '?')}"
    versions["CUDA that TensorFlow was built for"] = built if build.get("is_cuda_build") else "none (CPU build)"
    total, available = _memory()
    machine = {
        "system": f"{platform.system()} {platform.release()} ({platform.machine()})",
        "processor cores": str(available_cores()),
        "memory": f"{total:.1f} GiB, {available:.1f} GiB available" if total else "unknown",
        "TF32": "on" if tf.config.experimental.tensor_float_32_execution_enabled() else "off",
        "TF_CONFIG": "set" if os.environ.get("TF_CONFIG") else "not set",
        "CUDA_VISIBLE_DEVICES": os.environ.get("CUDA_VISIBLE_DEVICES", "not set"),
    }
    devices = [
        {"name": d.name.removeprefix("/physical_device:"), "kind": d.device_type, "description": _describe(d)}
        for d in tf.config.list_physical_devices()
    ]
    return {"versions": versions, "machine": machine, "devices": devices, "problems": _problems(build)}


def _problems(build: dict[str, Any]) -> list[str]:
    problems = []
    idle = unused_gpus()
    if idle:
        why = (
            "this TensorFlow was built without CUDA: pip install 'deepbio-zoo[cuda]'"
            if not build.get("is_cuda_build")
            else "its CUDA libraries are missing or do not fit the driver: pip install 'deepbio-zoo[cuda]', and see the lines that "
            "TensorFlow prints with TF_CPP_MIN_LOG_LEVEL=0"
        )
        problems.append(f"TensorFlow does not use {', '.join(idle)}; {why}.")
    elif nvidia_gpus() and not tf.config.list_physical_devices("GPU"):
        hidden = ", ".join(nvidia_gpus())
        problems.append(f"CUDA_VISIBLE_DEVICES hides {hidden} from TensorFlow; unset it to use the GPU.")
    return problems


def _describe(device: Any) -> str:
    details = tf.config.experimental.get_device_details(device) if device.device_type == "GPU" else {}
    if not details:
        return platform.processor() or platform.machine()
    capability = ".".join(map(str, details.get("compute_capability", ())))
    return f"{details.get('device_name', 'GPU')}, compute capability {capability or 'unknown'}"


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"


def _memory() -> tuple[float, float]:
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
        sizes = {line.split(":")[0]: int(line.split()[1]) / 2**20 for line in lines if line.endswith("kB")}
        return sizes["MemTotal"], sizes["MemAvailable"]
    except (OSError, KeyError, ValueError, IndexError):
        return 0.0, 0.0

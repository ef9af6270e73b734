"""What the machine has: processor cores, NVIDIA GPUs and energy counters. Nothing here loads TensorFlow."""

import os
from pathlib import Path

_GPUS = Path("/proc/driver/nvidia/gpus")
_COUNTERS = Path("/sys/class/powercap")


def available_cores() -> int:
    """Return the number of processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def nvidia_gpus(root: Path = _GPUS) -> list[str]:
    """Return the names of the NVIDIA GPUs that the driver lists; an empty list if there is no driver."""
    names = []
    for folder in sorted(root.iterdir()) if root.is_dir() else []:
        try:
            lines = (folder / "information").read_text().splitlines()
        except OSError:
            lines = []
        model = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("Model:")), "NVIDIA GPU")
        names.append(f"{model} ({folder.name})")
    return names


def gpus_hidden() -> bool:
    """Return whether `CUDA_VISIBLE_DEVICES` hides every GPU from this process."""
    return os.environ.get("CUDA_VISIBLE_DEVICES", "all").strip() in ("", "-1")


class EnergyMeter:
    """Read the energy counters of the processor packages (Intel and AMD, under Linux's `powercap`) and report joules since.

    The counters belong to whole packages, so the figure includes whatever else ran in the meantime.

    Example:
        >>> joules = EnergyMeter().joules()
        >>> joules is None or joules >= 0
        True
    """

    def __init__(self, folder: Path = _COUNTERS) -> None:
        # intel-rapl:0 is a package; intel-rapl:0:1 is a part of it
        self._packages = [path for path in sorted(folder.glob("intel-rapl:*")) if path.name.count(":") == 1]
        self._start = [_read(path / "energy_uj") for path in self._packages]

    def joules(self) -> float | None:
        """Return the energy since the start in joules; `None` if the counters are missing or must not be read."""
        total = 0.0
        for package, before in zip(self._packages, self._start, strict=True):
            now = _read(package / "energy_uj")
            if before is None or now is None:
                return None
            passed = now - before
            if passed < 0:  # the counter has wrapped around
                passed += _read(package / "max_energy_range_uj") or 0
            total += passed / 1e6
        return total if self._packages else None


def _read(file: Path) -> int | None:
    try:
        return int(file.read_text())
    except (OSError, ValueError):
        return None

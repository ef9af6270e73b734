"""Energy of the processor packages, where Linux lets it be read (Intel and AMD counters under `powercap`)."""

from __future__ import annotations

from pathlib import Path

_COUNTERS = Path("/sys/class/powercap")


class EnergyMeter:
    """Read the machine's energy counters at the start and give the joules since.

    The counters are those of whole processor packages: what else ran in the meantime is in the figure.

    Example:
        >>> meter = EnergyMeter()
        >>> joules = meter.joules()
        >>> joules is None or joules >= 0
        True
    """

    def __init__(self, folder: Path = _COUNTERS) -> None:
        # intel-rapl:0 is a package; intel-rapl:0:1 is a part of it
        self._packages = [path for path in sorted(folder.glob("intel-rapl:*")) if path.name.count(":") == 1]
        self._start = [_read(path / "energy_uj") for path in self._packages]

    def joules(self) -> float | None:
        """Return the energy since the start in joules; None where it cannot be read (no counters, or no right to)."""
        total = 0.0
        for package, before in zip(self._packages, self._start, strict=True):
            now = _read(package / "energy_uj")
            if before is None or now is None:
                return None
            passed = now - before
            if passed < 0:  # the counter began again
                passed += _read(package / "max_energy_range_uj") or 0
            total += passed / 1e6
        return total if self._packages else None


def _read(file: Path) -> int | None:
    try:
        return int(file.read_text())
    except (OSError, ValueError):
        return None

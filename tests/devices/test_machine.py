import pytest

from deepbio.devices.machine import EnergyMeter


def _counter(folder, name, microjoules, most=1_000_000):
    place = folder / name
    place.mkdir(exist_ok=True)
    (place / "energy_uj").write_text(f"{microjoules}\n")
    (place / "max_energy_range_uj").write_text(f"{most}\n")


def test_the_joules_of_all_packages_are_added_and_parts_of_packages_are_not(tmp_path):
    for name in ("intel-rapl:0", "intel-rapl:1", "intel-rapl:0:0"):
        _counter(tmp_path, name, 100_000)
    meter = EnergyMeter(tmp_path)
    _counter(tmp_path, "intel-rapl:0", 350_000)
    _counter(tmp_path, "intel-rapl:1", 200_000)
    assert meter.joules() == pytest.approx(0.35)


def test_a_counter_that_began_again_is_understood(tmp_path):
    _counter(tmp_path, "intel-rapl:0", 900_000)
    meter = EnergyMeter(tmp_path)
    _counter(tmp_path, "intel-rapl:0", 100_000)
    assert meter.joules() == pytest.approx(0.2)


def test_without_counters_or_the_right_to_read_them_the_energy_is_unknown(tmp_path):
    assert EnergyMeter(tmp_path).joules() is None
    (tmp_path / "intel-rapl:0").mkdir()
    assert EnergyMeter(tmp_path).joules() is None

import json
import os
import subprocess
import sys
import time

import pytest

from deepbio.benchmark import claims
from deepbio.benchmark.claims import claim, clear_finished, holders, is_free, kept_alive
from tests.benchmark.small_suite import ROOT

RACE = """
import sys, time
from pathlib import Path
from deepbio.benchmark.claims import claim
folder, start = Path(sys.argv[1]), float(sys.argv[2])
while time.time() < start:
    pass
won = [k for k in range(30) if claim(folder, f"cell/{k}")]
print(*won)
time.sleep(float(sys.argv[3]))  # a claim holds as long as its process lives
"""


def _race(folder, *, processes=4):
    command = [sys.executable, "-c", RACE, str(folder), str(time.time() + 3), "4"]
    started = [subprocess.Popen(command, cwd=ROOT, text=True, stdout=subprocess.PIPE) for _ in range(processes)]
    return [k for process in started for k in process.communicate(timeout=60)[0].split()]


def test_of_several_processes_one_gets_each_cell(tmp_path):
    won = _race(tmp_path)
    assert sorted(map(int, won)) == list(range(30))


def test_of_several_processes_one_takes_over_each_cell_of_a_dead_one(tmp_path):
    ended = subprocess.run(
        [sys.executable, "-c", RACE, str(tmp_path), "0", "0"], cwd=ROOT, capture_output=True, text=True
    )
    assert len(ended.stdout.split()) == 30
    won = _race(tmp_path)
    assert sorted(map(int, won)) == list(range(30))


def test_a_cell_is_held_until_it_is_released(tmp_path):
    held = claim(tmp_path, "a/b")
    assert claim(tmp_path, "a/b") is None
    assert not is_free(tmp_path, "a/b")
    assert claim(tmp_path, "a/c") is not None
    held.release()
    assert is_free(tmp_path, "a/b")
    assert claim(tmp_path, "a/b") is not None


@pytest.fixture
def elsewhere(tmp_path):
    """A claim of another machine."""
    file = claim(tmp_path, "a/b").file
    file.write_text(json.dumps({"machine": "elsewhere", "pid": 1, "started": "1"}))
    return file


def test_a_claim_of_another_machine_holds_until_its_touches_end(tmp_path, elsewhere):
    assert claim(tmp_path, "a/b", patience=60) is None
    os.utime(elsewhere, (time.time() - 61, time.time() - 61))
    held = claim(tmp_path, "a/b", patience=60)
    assert held.file.name.endswith(".1")
    held.release()
    assert not holders(tmp_path, "a__b")


def test_a_process_number_that_was_given_again_is_no_holder(tmp_path):
    file = claim(tmp_path, "a/b").file
    holder = json.loads(file.read_text())
    assert holder["pid"] == os.getpid()
    file.write_text(json.dumps({**holder, "started": "another time"}))
    assert is_free(tmp_path, "a/b")


def test_a_half_written_claim_is_respected_while_it_is_young(tmp_path):
    file = claim(tmp_path, "a/b").file
    file.write_text("")
    assert claim(tmp_path, "a/b", patience=60) is None
    assert claim(tmp_path, "a/b", patience=-1) is not None


def test_a_holder_touches_its_claim(tmp_path, monkeypatch):
    monkeypatch.setattr(claims, "_TOUCH", 0.02)
    held = claim(tmp_path, "a/b")
    os.utime(held.file, (0, 0))
    with kept_alive(held):
        time.sleep(0.2)
    assert time.time() - held.file.stat().st_mtime < 60


ORPHAN = """
import os, subprocess, sys
code = '''
import sys, time
from pathlib import Path
from deepbio.benchmark.claims import claim, kept_alive
held = claim(Path(sys.argv[1]), "a/b")
print("ready", flush=True)
with kept_alive(held, parent=int(sys.argv[2])):
    time.sleep(60)
'''
child = subprocess.Popen([sys.executable, "-c", code, sys.argv[1], str(os.getpid())], stdout=subprocess.PIPE, text=True)
child.stdout.readline()
print(child.pid, flush=True)
os._exit(0)
"""


def test_a_worker_ends_when_the_process_that_started_it_is_gone(tmp_path):
    command = [sys.executable, "-c", ORPHAN, str(tmp_path)]
    subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=60)
    deadline = time.monotonic() + 20
    while not is_free(tmp_path, "a/b"):
        assert time.monotonic() < deadline
        time.sleep(0.2)


def test_a_finished_cell_loses_the_claims_of_dead_holders_and_keeps_that_of_a_living_one(tmp_path):
    subprocess.run([sys.executable, "-c", RACE, str(tmp_path), "0", "0"], cwd=ROOT, capture_output=True, check=True)
    living = claim(tmp_path, "cell/0").file  # second generation, over a dead holder's
    clear_finished(tmp_path, "cell/0")
    clear_finished(tmp_path, "cell/1")
    clear_finished(tmp_path, "cell/nobody")
    assert holders(tmp_path, "cell__0")[-1] == living
    assert not holders(tmp_path, "cell__1")
    assert holders(tmp_path, "cell__2")

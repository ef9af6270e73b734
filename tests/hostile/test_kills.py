"""A preset that is being replaced is the old one or the new one, whole, after a kill or on a full disk."""

import errno
import io
import os
import random
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from deepbio.catalog import catalog_folder
from deepbio.errors import DeepbioError, TrainingError
from deepbio.replacement import finish_replacement
from deepbio.zoo import get_model
from deepbio.zoo.preset import read_preset, save_preset

OLD, NEW = (catalog_folder("zoo") / f"mmsplice_{name}.cheng2019" for name in ("donor", "acceptor"))
REPLACE = """
import itertools, shutil, sys
from pathlib import Path
from deepbio.replacement import replace_files
folder, *sources = map(Path, sys.argv[1:])
print("ready", flush=True)
for source in itertools.cycle(sources):
    with replace_files(folder) as stage:
        for file in sorted(source.iterdir()):
            shutil.copy(file, stage / file.name)
"""


def whole(folder: Path) -> str:
    """Return the name of the preset in `folder` after checking that each of its files is of that preset."""
    read_preset(folder)
    for source in (OLD, NEW):
        if (folder / "preset.json").read_bytes() == (source / "preset.json").read_bytes():
            assert all((folder / file.name).read_bytes() == file.read_bytes() for file in source.iterdir())
            return source.name
    raise AssertionError("preset.json is of neither")


def kill_while_it_is_replaced(folder: Path, kills: int) -> set[str]:
    shutil.copytree(OLD, folder)
    random_, found = random.Random(0), set()
    for _ in range(kills):
        child = subprocess.Popen(
            [sys.executable, "-c", REPLACE, str(folder), str(NEW), str(OLD)],
            stdout=subprocess.PIPE,
            cwd=Path(__file__).parents[2],
        )
        with child:
            assert child.stdout is not None
            child.stdout.readline()
            time.sleep(random_.random() * 0.2)
            child.kill()
        found.add(whole(folder))
    return found


def test_a_killed_replacement_leaves_the_old_preset_or_the_new_one(tmp_path):
    assert kill_while_it_is_replaced(tmp_path / "preset", 6) <= {OLD.name, NEW.name}


@pytest.mark.slow
def test_sixty_killed_replacements_leave_the_old_preset_or_the_new_one(tmp_path):
    assert kill_while_it_is_replaced(tmp_path / "preset", 60) == {OLD.name, NEW.name}


WRITES = [(os, "fsync"), (os, "rename"), (os, "replace"), (os, "mkdir"), (io, "open"), (shutil, "copyfile")]


def full_disk(monkeypatch, after: int) -> list[str]:
    """Make the call number `after` of those that write raise "No space left on device"; return the list of calls."""
    calls: list[str] = []

    def limited(name, function):
        def call(first, *args, **kwargs):
            mode = kwargs.get("mode", args[0] if args else "r")
            if name != "open" or set(str(mode)) & set("wxa+"):
                calls.append(name)
                if len(calls) == after + 1:
                    named = () if isinstance(first, int) else (str(first),)
                    raise OSError(errno.ENOSPC, "No space left on device", *named)
            return function(first, *args, **kwargs)

        return call

    for module, name in WRITES:
        monkeypatch.setattr(module, name, limited(name, getattr(module, name)))
    return calls


def test_a_full_disk_at_twenty_moments_leaves_the_old_preset_or_the_new_one(tmp_path):
    before = {file.name: file.read_bytes() for file in OLD.iterdir()}
    model, new = get_model(NEW), read_preset(NEW)["architecture"]
    reached, found, folder = set(), [], tmp_path / "preset"
    for after in range(100):
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(OLD, folder)
        with pytest.MonkeyPatch.context() as patch:
            calls = full_disk(patch, after)
            try:
                save_preset(model, folder)
                refused = False
            except DeepbioError:
                refused = True
        if len(calls) <= after:
            break
        reached.add(after)
        finish_replacement(folder)
        now = {file.name: file.read_bytes() for file in folder.iterdir()}
        if now != before:
            assert read_preset(folder)["architecture"] == new
            assert get_model(folder).count_params() == model.count_params()
        assert not refused or now == before or calls[after] == "replace"
        found.append("old" if now == before else "new")
    assert len(reached) >= 20
    assert set(found) == {"old", "new"}


def test_a_second_fit_in_one_folder_is_refused_before_it_trains(tmp_path):
    from filelock import FileLock

    from deepbio.datasets import load_dataset
    from deepbio.training import fit

    data = load_dataset("xor")
    with FileLock(tmp_path / ".fit.lock"), pytest.raises(TrainingError, match="Another process trains in"):
        fit(get_model("mlp", dataset=data), data, out=tmp_path, epochs=1, verbose=False)
    fit(get_model("mlp", dataset=data), data, out=tmp_path, epochs=1, verbose=False)
    assert not (tmp_path / ".fit.lock").exists()

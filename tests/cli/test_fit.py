"""`deepbio fit`: a run, the same run again from its recipe, and what stops it before anything is written."""

import json

from deepbio.zoo import get_model


def test_fit_evaluate_and_train_again_from_the_recipe(run, tmp_path):
    code, out, err = run("fit", "mlp", "xor", "--out", tmp_path / "a", "--epochs", 2, "--set", "units=8,8", "--quiet")
    assert code == 0, err
    assert "accuracy" in out
    assert "The test split is untouched" in err
    code, out, _ = run("evaluate", tmp_path / "a", "--json")
    assert code == 0
    assert json.loads(out)["split"] == "test"
    code, _, err = run("fit", "--recipe", tmp_path / "a" / "recipe.yaml", "--out", tmp_path / "b", "--quiet")
    assert code == 0, err
    a, b = (get_model(tmp_path / name).get_weights() for name in "ab")
    assert all((x == y).all() for x, y in zip(a, b, strict=True))
    code, _, err = run("fit", "mlp", "xor", "--out", tmp_path / "a", "--quiet")
    assert (code, "already contains a run" in err) == (2, True)


def test_a_folder_that_cannot_be_written_is_refused_before_training(run, tmp_path):
    (tmp_path / "file").write_text("")
    code, _, err = run("fit", "mlp", "xor", "--out", tmp_path / "file", "--quiet")
    assert code == 2
    assert "Cannot write" in err


def test_a_full_disk_is_named(run, tmp_path, monkeypatch):
    import errno
    import os

    def full(_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    code, _, err = run("fit", "mlp", "xor", "--out", tmp_path / "run", "--quiet")
    assert code == 2
    assert "the disk is full" in err
    assert not (tmp_path / "run" / "preset.json").exists()

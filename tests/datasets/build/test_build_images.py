from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from deepbio.datasets.build import from_folder, from_npz, images
from deepbio.datasets.readers import ImageFiles
from deepbio.errors import DataError

SHARED = Path("../shared/data")


def fill(random, folder, n):
    for label in ("benign", "malignant"):
        (folder / label).mkdir(parents=True)
        for i in range(n):
            Image.fromarray(random.integers(0, 256, (6, 6), np.uint8)).save(folder / label / f"p{i // 2}_{i}.png")


def test_a_folder_of_classes_is_cut(tmp_path, random):
    fill(random, tmp_path / "scans", 20)
    data = from_folder(tmp_path / "scans", group=lambda id: id.split("/")[1].split("_")[0])
    assert (data.name, data.labels, data.input.shape) == ("scans", ("benign", "malignant"), (6, 6, 1))
    patients = [{id.split("/")[1].split("_")[0] for id in split.ids} for _, split in data.splits()]
    assert sum(map(len, patients)) == 10
    with Image.open(tmp_path / "scans" / str(data.test.ids[0])) as image:
        assert (data.test.x[0, ..., 0] == np.asarray(image)).all()


def test_a_folder_too_large_for_memory_is_decoded_batch_by_batch(tmp_path, monkeypatch, random):
    fill(random, tmp_path, 20)
    whole = from_folder(tmp_path)
    monkeypatch.setattr(images, "IN_MEMORY", 100)
    lazy = from_folder(tmp_path)
    assert isinstance(lazy.train.x, ImageFiles)
    assert len(lazy.train) == len(lazy.train.ids) == len(lazy.train.x)
    for _, split in lazy.splits():
        assert split.x.ids.tolist() == split.ids.tolist()
        assert split.x[np.arange(len(split))].shape == (len(split), 6, 6, 1)
    assert {id for _, split in whole.splits() for id in split.ids} == {id for _, s in lazy.splits() for id in s.ids}
    lazy.check_leakage()


def test_folders_train_and_test_are_published_splits(tmp_path, random):
    fill(random, tmp_path / "train", 20)
    fill(random, tmp_path / "test", 4)
    data = from_folder(tmp_path)
    assert sorted(data.test.ids) == sorted(
        p.relative_to(tmp_path).as_posix() for p in (tmp_path / "test").rglob("*.png")
    )
    assert len(data.train) + len(data.valid) == 40
    fill(random, tmp_path / "val", 3)
    assert len(from_folder(tmp_path).valid) == 6
    (tmp_path / "val" / "benign").rename(tmp_path / "val" / "begnin")
    with pytest.raises(DataError, match=r"val: expected the classes of train, \['benign', 'malignant'\]; found"):
        from_folder(tmp_path)


def test_an_image_in_train_and_test_is_refused(tmp_path, random):
    fill(random, tmp_path / "train", 20)
    fill(random, tmp_path / "test", 4)
    copied = (tmp_path / "train" / "benign" / "p0_0.png").read_bytes()
    (tmp_path / "test" / "benign" / "again.png").write_bytes(copied)
    with pytest.raises(DataError, match="train and test splits share 1"):
        from_folder(tmp_path)
    data = from_folder(tmp_path, duplicates="drop")
    assert len(data.test) == 9
    assert len(data.train) + len(data.valid) == 39


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(DataError, match="Expected a folder"):
        from_folder(tmp_path / "none")


def npz(path, parts):
    arrays = {}
    for part, x in parts.items():
        arrays |= {f"{part}_images": x, f"{part}_labels": (np.arange(len(x)) % 3)[:, None]}
    np.savez(path, **arrays)
    return path


def test_an_archive_keeps_its_splits(tmp_path, random):
    x = random.integers(0, 256, (18, 5, 5), np.uint8)
    data = from_npz(
        npz(tmp_path / "cells.npz", {"train": x[:9], "val": x[9:12], "test": x[12:]}), labels=["a", "b", "c"]
    )
    assert (data.name, data.labels) == ("cells", ("a", "b", "c"))
    assert (data.test.x[..., 0] == x[12:]).all()
    assert data.test.ids.tolist() == [f"test:{i + 1}" for i in range(6)]


@pytest.mark.skipif(not SHARED.is_dir(), reason="needs the files in ../shared/data")
@pytest.mark.parametrize(
    # Shared images: 8 between train and valid and 1 between train and test, as the notes beside these copies say.
    ("name", "labels", "message", "sizes"),
    [
        ("pneumoniamnist", ["normal", "pneumonia"], "train and valid splits share 8", (4708, 524, 624)),
        ("breastmnist", ["malignant", "normal"], "train and test splits share 1", (546, 78, 156)),
    ],
)
def test_known_shared_images_of_medmnist_are_found(name, labels, message, sizes):
    path = SHARED / name / f"{name}.npz"
    with pytest.raises(DataError, match=message):
        from_npz(path, labels=labels)
    kept = from_npz(path, labels=labels, duplicates="keep")
    assert tuple(len(split) for _, split in kept.splits()) == sizes
    assert tuple(np.bincount(split.y).min() > 0 for _, split in kept.splits()) == (True, True, True)
    dropped = from_npz(path, labels=labels, duplicates="drop")
    dropped.check_leakage()
    assert len(dropped.train) < len(kept.train)
    assert len(dropped.test) > len(kept.test) - 5

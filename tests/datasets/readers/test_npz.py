from pathlib import Path

import numpy as np
import pytest

from deepbio.datasets.readers import read_npz
from deepbio.errors import DataError

SHARED = Path("../shared/data")


def arrays(shape=(4, 4), **changed):
    random = np.random.default_rng(0)
    found = {}
    for split, n in (("train", 5), ("val", 3), ("test", 2)):
        found[f"{split}_images"] = random.integers(0, 256, (n, *shape), dtype=np.uint8)
        found[f"{split}_labels"] = random.integers(0, 3, (n, 1), dtype=np.uint8)
    found.update(changed)
    return {key: value for key, value in found.items() if value is not None}


@pytest.mark.parametrize("shape", [(4, 6), (4, 6, 3)])
@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_splits_come_back_with_a_channel_axis(tmp_path, shape, save):
    given = arrays(shape)
    save(tmp_path / "a.npz", **given)
    splits = read_npz(tmp_path / "a.npz")
    assert [len(splits[name].images) for name in ("train", "valid", "test")] == [5, 3, 2]
    assert splits["train"].images.shape == (5, 4, 6, shape[2] if len(shape) == 3 else 1)
    assert (splits["valid"].images.reshape(given["val_images"].shape) == given["val_images"]).all()
    assert splits["test"].labels.tolist() == given["test_labels"][:, 0].tolist()
    assert splits["test"].labels.dtype == np.int64


def test_labels_may_be_flat_or_many(tmp_path):
    flat = {f"{split}_labels": np.zeros(n, np.int64) for split, n in (("train", 5), ("val", 3), ("test", 2))}
    np.savez(tmp_path / "flat.npz", **arrays(**flat))
    assert read_npz(tmp_path / "flat.npz")["train"].labels.shape == (5,)
    many = {f"{split}_labels": np.zeros((n, 14), np.uint8) for split, n in (("train", 5), ("val", 3), ("test", 2))}
    np.savez(tmp_path / "many.npz", **arrays(**many))
    assert read_npz(tmp_path / "many.npz")["train"].labels.shape == (5, 14)


class Trap:
    def __reduce__(self):
        return (Path("trap-was-run").touch, ())


BAD = [
    (
        {"train_labels": None},
        "expected an array 'train_labels'. Did you mean train_images",
    ),
    ({"val_images": None, "valid_images": np.zeros((3, 4, 4), np.uint8)}, "'val_images'. Did you mean valid_images"),
    ({"train_images": np.zeros((5, 4, 4), np.float32)}, "train_images must be uint8 pixels 0 to 255; received float32"),
    ({"train_images": np.zeros((5, 4, 4, 4), np.uint8)}, r"received \(5, 4, 4, 4\). Volumes are not read"),
    ({"train_images": np.zeros((5, 4), np.uint8)}, r"received \(5, 4\)"),
    ({"train_images": np.zeros((5, 0, 4), np.uint8)}, r"received \(5, 0, 4, 1\)"),
    ({"test_images": np.zeros((2, 5, 4), np.uint8)}, r"images of the test split have shape \(5, 4, 1\)"),
    ({"test_labels": np.zeros((2, 5), np.uint8)}, r"labels of the test split have shape \(5,\)"),
    ({"val_labels": np.zeros((4, 1), np.uint8)}, "the valid split has 3 images and 4 labels"),
    ({"train_labels": np.zeros((5, 1), np.float64)}, "train_labels must be integers; received float64"),
    ({"train_labels": np.zeros((5, 1, 1), np.uint8)}, "train_labels must have shape"),
]


@pytest.mark.parametrize(("changed", "message"), BAD, ids=[message[:40] for _, message in BAD])
def test_a_bad_archive_is_named(tmp_path, changed, message):
    path = tmp_path / "a.npz"
    np.savez(path, **arrays(**changed))
    with pytest.raises(DataError, match=message) as caught:
        read_npz(path)
    assert str(path) in str(caught.value)


def test_a_pickle_is_refused_and_not_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    np.savez("a.npz", allow_pickle=True, **arrays(train_labels=np.array([Trap()] * 5, dtype=object)))
    with pytest.raises(DataError, match="'train_labels' is not read: it contains Python objects, which could run code"):
        read_npz("a.npz")
    assert not Path("trap-was-run").exists()


def test_broken_archives_are_named(tmp_path):
    path = tmp_path / "a.npz"
    np.savez_compressed(path, **arrays((40, 40)))
    whole = path.read_bytes()
    path.write_bytes(whole[:-30])
    with pytest.raises(DataError, match="cut short"):
        read_npz(path)
    path.write_bytes(whole[:200] + bytes(100) + whole[300:])
    with pytest.raises(DataError, match=r"damaged|is not read"):
        read_npz(path)
    np.save(tmp_path / "b.npy", np.zeros(3))
    with pytest.raises(DataError, match="expected a NumPy archive"):
        read_npz(tmp_path / "b.npy")
    path.write_bytes(b"")
    with pytest.raises(DataError, match="expected a NumPy archive"):
        read_npz(path)
    with pytest.raises(DataError, match="there is none"):
        read_npz(tmp_path / "c.npz")


@pytest.mark.skipif(not SHARED.is_dir(), reason="needs the files in ../shared/data")
@pytest.mark.parametrize(("name", "sizes"), [("pneumoniamnist", [4708, 524, 624]), ("breastmnist", [546, 78, 156])])
def test_medmnist_files_have_their_published_sizes(name, sizes):
    # Sizes of the splits: MedMNIST v2, doi:10.1038/s41597-022-01721-8, table 2.
    splits = read_npz(SHARED / name / f"{name}.npz")
    assert [len(split.images) for split in splits.values()] == sizes
    assert all(split.images.shape[1:] == (28, 28, 1) and split.labels.ndim == 1 for split in splits.values())


@pytest.mark.skipif(not SHARED.is_dir(), reason="needs the files in ../shared/data")
@pytest.mark.parametrize("name", ["pneumoniamnist", "breastmnist"])
def test_medmnist_files_read_as_medmnist_reads_them(name):
    # medmnist 3.0 opens the archive with numpy.load and takes the arrays `{split}_images` and `{split}_labels`
    found = read_npz(SHARED / name / f"{name}.npz")
    with np.load(SHARED / name / f"{name}.npz") as archive:
        for ours, theirs in (("train", "train"), ("valid", "val"), ("test", "test")):
            assert (found[ours].images[..., 0] == archive[f"{theirs}_images"]).all()
            assert (found[ours].labels == archive[f"{theirs}_labels"].reshape(-1)).all()

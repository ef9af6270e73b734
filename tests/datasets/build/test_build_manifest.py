"""A table of image files: labels, groups and published splits by row; a file that is not there is named by its row."""

import numpy as np
import pytest
from PIL import Image

from deepbio.datasets import Dataset, rebuild
from deepbio.errors import DataError


@pytest.fixture
def scans(tmp_path):
    draw = np.random.default_rng(0)
    (tmp_path / "png").mkdir()
    rows = []
    for i in range(40):
        Image.fromarray(draw.integers(0, 256, (6, 7), np.uint8)).save(tmp_path / "png" / f"{i}.png")
        part = "test" if i >= 30 else "valid" if i >= 20 else "train"
        rows.append(f"{i}.png,{'ill' if i % 2 else 'well'},{i % 2},{i % 3 == 0:d},p{i // 2},{part}\n")
    (tmp_path / "scans.csv").write_text("file,finding,opacity,fluid,patient,part\n" + "".join(rows))
    return tmp_path / "scans.csv"


def test_images_have_the_labels_of_their_rows(scans):
    options = {"image": "file", "folder": scans.parent / "png", "group": "patient"}
    data = Dataset.from_manifest(scans, label="finding", positive="ill", split="part", **options)
    assert [len(split) for _, split in data.splits()] == [20, 10, 10]
    for id, x, y in zip(data.test.ids, data.test.x, data.test.y, strict=True):
        assert (x[..., 0] == np.asarray(Image.open(scans.parent / "png" / id))).all()
        assert y == int(id.split(".")[0]) % 2
    assert rebuild(data.name, data.options).fingerprint() == data.fingerprint()
    many = Dataset.from_manifest(scans, targets=["opacity", "fluid"], shape=(4, 4, 3), **options)
    assert (many.task.kind, many.labels, many.input.shape) == ("multilabel", ("opacity", "fluid"), (4, 4, 3))


def test_a_file_that_is_not_there_is_named_by_its_row(scans):
    with pytest.raises(
        DataError, match=r"scans\.csv, row 1, column 'file': expected an image at .*0\.png; there is none"
    ):
        Dataset.from_manifest(scans, image="file", label="finding")
    (scans.parent / "png" / "7.png").write_bytes(b"no image")
    with pytest.raises(DataError, match=r"7\.png: expected a PNG, JPEG, .* image"):
        Dataset.from_manifest(scans, image="file", label="finding", folder=scans.parent / "png")


def test_images_of_16_bits_are_read_through_a_window(scans):
    folder = scans.parent / "png"
    for path in folder.iterdir():
        pixels = np.asarray(Image.open(path)).astype(np.uint16) * 257
        Image.fromarray(pixels).save(path)
    options = {"image": "file", "label": "finding", "folder": folder}
    with pytest.raises(DataError, match="expected 8 bits per pixel"):
        Dataset.from_manifest(scans, **options)
    full = Dataset.from_manifest(scans, window="full", **options)
    for id, x in zip(full.test.ids, full.test.x, strict=True):
        assert (x[..., 0] == np.asarray(Image.open(folder / id)) // 257).all()
    assert rebuild(full.name, full.options).fingerprint() == full.fingerprint()

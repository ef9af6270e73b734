"""Folders as benchmarks, challenges and annotation programs lay them out: read as they mean, told, or refused."""

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from deepbio.datasets import Dataset
from deepbio.errors import DataError


@pytest.fixture
def draw():
    random = np.random.default_rng(0)

    def draw(*folders, n=8, levels=256):
        for folder in map(Path, folders):
            folder.mkdir(parents=True, exist_ok=True)
            for i in range(n):
                pixels = random.integers(0, levels, (6, 6)) * (255 // (levels - 1))
                Image.fromarray(pixels.astype(np.uint8)).save(folder / f"{i}.png")

    return draw


@pytest.mark.parametrize(
    "names",
    [("training_set", "test_set"), ("TRAIN", "Tests"), ("train", "eval"), ("train_data", "val_data"), ("trn", "tst")],
)
def test_splits_are_known_by_their_usual_names(draw, tmp_path, names):
    draw(*(tmp_path / name / label for name in names for label in ("cat", "dog")))
    assert Dataset.from_folder(tmp_path).labels == ("cat", "dog")


@pytest.mark.parametrize(
    ("images", "masks"),
    [
        ("img_dir", "ann_dir"),
        ("imagesTr", "labelsTr"),
        ("JPEGImages", "SegmentationClass"),
        ("images", "ground_truth"),
        ("input", "target"),
    ],
)
def test_images_and_masks_are_known_by_their_usual_names(draw, tmp_path, images, masks):
    draw(tmp_path / images)
    draw(tmp_path / masks, levels=2)
    data = Dataset.from_folder(tmp_path)
    assert (data.task.kind, data.labels) == ("per_pixel", ("0", "255"))


def test_masks_beside_an_unknown_name_are_told(draw, tmp_path, caplog):
    draw(tmp_path / "CXR", tmp_path / "masks")
    Dataset.from_folder(tmp_path)
    assert "If these are images and their masks, rename the folders to images and masks" in caplog.text


def test_subfolders_with_the_same_subfolders_are_told(draw, tmp_path, caplog):
    draw(*(tmp_path / name / label for name in ("seen", "unseen") for label in ("cat", "dog")))
    Dataset.from_folder(tmp_path)
    assert "seen and unseen are read as classes, and both have the subfolders cat, dog" in caplog.text


def test_a_folder_around_the_classes_is_told(draw, tmp_path, caplog):
    draw(*(tmp_path / "all" / label for label in ("cat", "dog")))
    with pytest.raises(DataError, match="at least two classes"):
        Dataset.from_folder(tmp_path)
    assert f"If the classes are in it, pass {tmp_path / 'all'}" in caplog.text


REFUSED = {
    "splits without classes": (("train2017", "val2017"), "published splits and have no subfolder per class"),
    "splits without train": (
        ("val/cat", "val/dog", "test/cat", "test/dog"),
        "look like published splits, and train is missing",
    ),
    "a third folder": (("images", "masks", "overlays"), "beside overlays. Keep one folder of each there"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_a_layout_without_a_meaning_is_refused(draw, tmp_path, what):
    folders, message = REFUSED[what]
    draw(*(tmp_path / folder for folder in folders))
    with pytest.raises(DataError, match=message):
        Dataset.from_folder(tmp_path)


@pytest.mark.parametrize("name", ["labels/0.txt", "annotations/instances.json"])
def test_boxes_are_named(draw, tmp_path, name):
    draw(tmp_path / "images")
    (tmp_path / name).parent.mkdir()
    (tmp_path / name).write_text("0 0.5 0.5 0.1 0.1\n")
    with pytest.raises(DataError, match="looks like boxes for object detection"):
        Dataset.from_folder(tmp_path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes")
def test_a_pipe_is_refused_and_not_waited_for(draw, tmp_path):
    draw(tmp_path / "cat", tmp_path / "dog")
    os.mkfifo(tmp_path / "cat" / "9.png")
    with pytest.raises(DataError, match="9.png: expected a file; it is a pipe or a device"):
        Dataset.from_folder(tmp_path)


@pytest.mark.parametrize("window", [5, True, (1000, "a"), {"a": 1}, [], "auto"])
def test_what_is_no_window_is_refused(draw, tmp_path, window):
    draw(tmp_path / "cat", tmp_path / "dog")
    with pytest.raises(DataError, match="A window of grey values is|window must be"):
        Dataset.from_folder(tmp_path, window=window)


@pytest.mark.parametrize("shape", [4, (4, 4), (4.5, 4, 1), ("a", 4, 1), (0, 4, 1), (4, 4, 2)])
def test_what_is_no_shape_is_refused(draw, tmp_path, shape):
    draw(tmp_path / "cat", tmp_path / "dog")
    with pytest.raises(DataError, match="shape is \\(height, width, channels\\)"):
        Dataset.from_folder(tmp_path, shape=shape)


def test_rows_are_numbered_as_in_the_file_after_others_are_left_out(draw, tmp_path):
    draw(tmp_path)
    rows = ["0.png,", "1.png,a", "2.png,b", "x\\3.png,a"]
    (tmp_path / "t.csv").write_text("file,y\n" + "\n".join(rows) + "\n")
    with pytest.raises(DataError, match=r"row 4, column 'file'.*Write / between folders"):
        Dataset.from_manifest(tmp_path / "t.csv", image="file", label="y", drop_na=True)


def test_one_sequence_in_two_classes_is_told(tmp_path, caplog):
    random = np.random.default_rng(0)
    for label in ("a", "b"):
        rows = ["ACGTACGT", *("".join(random.choice(list("ACGT"), 8)) for _ in range(19))]
        (tmp_path / f"{label}.fa").write_text("".join(f">{label}{i}\n{row}\n" for i, row in enumerate(rows)))
    Dataset.from_fasta({label: tmp_path / f"{label}.fa" for label in ("a", "b")})
    assert "One sequence has two labels: a:a0 is a and b:b0 is b" in caplog.text


def test_a_list_of_fasta_files_is_refused(tmp_path):
    with pytest.raises(DataError, match="a FASTA file for each of at least two classes"):
        Dataset.from_fasta([tmp_path / "a.fa", tmp_path / "b.fa"])  # type: ignore[arg-type]

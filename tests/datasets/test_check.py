"""The data report finds what was planted and what is known."""

import base64
import io
import json
import re

import numpy as np
import pytest
from PIL import Image

from deepbio.datasets import Dataset, load_dataset
from deepbio.datasets.check import check_dataset, report_page


def test_a_sound_data_set_has_no_problem():
    report = check_dataset(load_dataset("xor"))
    assert report.problems == []
    assert "No problem found" in str(report)
    json.dumps(report.to_dict())


def test_what_was_planted_is_found(random):
    x = random.integers(0, 4, (400, 60), np.uint8)
    y = np.arange(400) % 2
    x[y == 1] = np.where(random.random((200, 60)) < 0.4, 1, x[y == 1])  # the positive class is rich in C
    split = np.repeat(["train", "valid", "test"], [280, 60, 60])
    x[300] = x[0]
    x[5] = x[4]
    report = check_dataset(Dataset.from_arrays(x, y, split=split, duplicates="keep"))
    assert report.leakage.counts() == {"train-valid": 1}
    assert [(s.id, s.copy) for s in report.leakage.exact] == [("1", "301")]
    assert (report.conflicting, report.repeats["train"]) == (1, 1)
    assert report.shortcut is not None
    assert report.shortcut.auroc > 0.9
    words = " ".join(report.problems)
    for expected in (
        "shared by train and valid",
        "more than one label",
        "GC content differs",
        "Counts of 3-mers",
    ):
        assert expected in words
    assert report.classes["test"] == {"0": 30, "1": 30}


def test_the_page_escapes_names_and_shows_images(random):
    x = random.integers(0, 256, (60, 8, 8, 1), np.uint8)
    data = Dataset.from_arrays(x, np.arange(60) % 2, labels=["<b>", "ill"], name="<script>")
    page = report_page(check_dataset(data), data)
    assert "<script>" not in page
    assert "&lt;b&gt;" in page
    assert page.count("data:image/png;base64,") == 4  # a row of examples and the mean of each class


def test_copies_in_two_splits_are_shown_side_by_side(random):
    x = random.integers(0, 256, (60, 8, 8, 1), np.uint8)
    x[50] = x[3]
    split = np.repeat(["train", "valid", "test"], [40, 5, 15])
    data = Dataset.from_arrays(x, np.arange(60) % 2, split=split, duplicates="keep")
    page = report_page(check_dataset(data), data)
    (found,) = re.findall(r'alt="4 and 51" height="64" src="data:image/png;base64,([^"]+)"', page)
    shown = np.asarray(Image.open(io.BytesIO(base64.b64decode(found))))
    assert (shown[:, :8] == x[3, ..., 0]).all()
    assert (shown[:, 9:] == x[3, ..., 0]).all()


def test_the_page_of_dna_draws_gc_content_and_the_bases_at_each_position(random):
    x = random.integers(0, 4, (100, 30), np.uint8)
    x[::2, 7] = 2  # all of one class have G there
    page = report_page(check_dataset(data := Dataset.from_arrays(x, np.arange(100) % 2)), data)
    assert page.count("<polyline") == 2
    (found,) = re.findall(r'alt="bases of 0 by position" height="24" src="data:image/png;base64,([^"]+)"', page)
    shown = np.asarray(Image.open(io.BytesIO(base64.b64decode(found))))[3::6, 8::16]
    assert shown.shape == (4, 30)
    assert shown[:, 7].tolist() == [255, 255, 0, 255]


def test_the_distribution_of_lengths_is_reported():
    notes = ["well " * (1 + i % 9) + f"day {i}" for i in range(90)]
    report = check_dataset(data := Dataset.from_arrays(notes, np.arange(90) % 2, modality="text"))
    low, first, median, third, high = report.lengths["train"]
    assert 0 < low < first < median < third < high
    assert f"half of them {first:g} to {third:g}" in str(report)
    assert report_page(report, data).count("<polyline") == 3


@pytest.mark.parametrize("name", ["ecoli_promoters", "digits", "breast_cancer"])
def test_every_kind_of_data_is_checked(name):
    data = load_dataset(name)
    report = check_dataset(data)
    assert report.leakage.counts() == {}
    assert f"{name}: " in str(report)
    assert "</html>" in report_page(report, data)

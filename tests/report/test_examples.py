"""Overlays of masks and tracks of profiles: best, median and worst, only on request."""

import base64
import io
import re

import numpy as np
import pytest
from PIL import Image

from deepbio.metrics import summarize
from deepbio.report import Result, write_report
from deepbio.report.examples import example_pictures
from deepbio.specs import Task
from tests.report.report_cases import result


@pytest.fixture
def masks():
    """Five images with a square each; the prediction is shifted by 0 to 4 pixels, and the last image has no object."""
    y = np.zeros((6, 20, 20), int)
    y[:5, 5:13, 5:13] = 1
    predicted = np.stack([np.roll(y[i], i, axis=1) for i in range(6)])
    p = np.eye(2)[predicted]
    task = Task("per_pixel", 2, ("tissue", "lesion"))
    images = np.full((6, 20, 20, 1), 90, np.uint8)
    found = summarize(task, y, p, n_resamples=0)
    return Result("lesions", "unet", "test", task, y, p, found, ids=np.array(list("abcdef")), images=images)


def test_the_best_the_median_and_the_worst_image_are_chosen_by_dice(masks):
    captions = [one["caption"] for one in example_pictures(masks, name="x")]
    assert captions == ["best: a, Dice 1.000", "median: c, Dice 0.750", "worst: e, Dice 0.500"]


def test_outlines_have_the_colours_of_truth_and_prediction(masks):
    png = example_pictures(masks, name="x")[2]["png"].removeprefix("data:image/png;base64,")
    pixels = np.asarray(Image.open(io.BytesIO(base64.b64decode(png))))
    colors = {tuple(color) for color in pixels.reshape(-1, 3).tolist()}
    assert colors == {(90, 90, 90), (0, 158, 115), (230, 97, 0)}
    assert pixels.shape == (300, 300, 3)


def test_examples_are_in_the_page_on_request_only(masks, tmp_path):
    plain = write_report([masks], tmp_path / "a.html", title="t").read_text("utf-8")
    assert "data:image" not in plain
    assert "img-src" not in plain
    shown = write_report([masks], tmp_path / "b.html", title="t", examples=True).read_text("utf-8")
    assert len(re.findall(r'<img alt="[^"]+" src="data:image/png;base64,', shown)) == 3
    assert "img-src data:" in shown


def test_profiles_are_drawn_along_their_windows(tmp_path):
    text = write_report([result("profile")], tmp_path / "r.html", title="t", examples=True).read_text("utf-8")
    assert len(re.findall(r"(best|median|worst): \d+, distance 0\.\d{3}</figcaption>", text)) == 3


def test_other_tasks_have_no_examples():
    assert example_pictures(result("multiclass"), name="x") == []
    assert example_pictures(result("per_pixel"), name="x") == []  # without the images

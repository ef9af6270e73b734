"""By command line only: a folder of images with masks -> unet -> mean Dice with its interval -> masks as PNG."""

import json

import numpy as np
import pytest
from PIL import Image


def write_discs(folder, n, seed, *, size=(32, 48)):
    """Write images with a bright disc, and masks of 0 and 255 beside them."""
    random = np.random.default_rng(seed)
    for name in ("images", "masks"):
        (folder / name).mkdir(parents=True)
    down, across = np.mgrid[: size[0], : size[1]]
    for i in range(n):
        y, x, radius = random.integers(8, size[0] - 8), random.integers(10, size[1] - 10), random.integers(4, 8)
        disc = (down - y) ** 2 + (across - x) ** 2 < radius**2
        pixels = np.clip(random.normal(90, 15, size) + disc * 90, 0, 255).astype(np.uint8)
        Image.fromarray(pixels).save(folder / "images" / f"{i}.png")
        Image.fromarray((disc * 255).astype(np.uint8)).save(folder / "masks" / f"{i}_mask.png")


def from_masks_to_masks(run, folder, *, images, epochs, filters, num_blocks):
    """Train, evaluate on other files and predict masks by command line; return the Dice of the test split and of the new files."""
    write_discs(folder / "scans", images, 0)
    network = ["--set", f"filters={filters}", "--set", f"num_blocks={num_blocks}", "--set", "batch_norm=true"]
    training = ["--learning-rate", 0.003, "--epochs", epochs, "--batch-size", 4, "--quiet"]
    code, _, err = run("fit", "unet", "--images", "scans", *network, *training, "--out", "discs")
    assert code == 0, err
    write_discs(folder / "new", 6, 1, size=(64, 96))
    found = []
    for own in ((), ("--images", "new")):
        code, out, err = run("evaluate", "discs", *own, "--json")
        assert code == 0, err
        found.append(json.loads(out))
    assert found[1]["examples"] == 6
    code, _, err = run("predict", "discs", "new", "--out", "predicted")
    assert code == 0, err
    assert "6 masks written to predicted" in err
    for i in range(6):
        with Image.open(folder / "predicted" / f"{i}.png") as mask:
            values = np.asarray(mask)
        assert values.shape == (64, 96)  # the size of the image, not that of the model
        assert set(np.unique(values)) <= {0, 255}  # the values of the masks of training
    code, out, err = run("predict", "discs", "new")
    assert (code, out) == (2, "")
    assert "name their folder with --out FOLDER" in err
    return [one["metrics"]["mean_dice"] for one in found]


def test_images_with_masks_become_masks_by_command_line_only(run, tmp_path):
    for dice in from_masks_to_masks(run, tmp_path, images=40, epochs=1, filters=2, num_blocks=1):
        assert 0 <= dice["low"] <= dice["value"] <= dice["high"] <= 1


@pytest.mark.slow
def test_a_small_unet_finds_discs_by_command_line_only(run, tmp_path):
    dice, new = from_masks_to_masks(run, tmp_path, images=40, epochs=10, filters=8, num_blocks=2)
    assert 0.7 < dice["low"] <= dice["value"] <= dice["high"] <= 1
    assert new["value"] > 0.7
    for i in range(6):
        with (
            Image.open(tmp_path / "predicted" / f"{i}.png") as found,
            Image.open(tmp_path / "new" / "masks" / f"{i}_mask.png") as truth,
        ):
            assert (np.asarray(found) == np.asarray(truth)).mean() > 0.9


def test_a_mask_of_another_size_is_named_with_both(run, tmp_path):
    write_discs(tmp_path / "scans", 6, 0)
    Image.new("L", (16, 16)).save(tmp_path / "scans" / "masks" / "3_mask.png")
    code, _, err = run("fit", "unet", "--images", "scans", "--epochs", 1)
    assert code == 2
    assert "3_mask.png: expected a mask of 32 x 48 pixels" in err
    assert "found 16 x 16" in err

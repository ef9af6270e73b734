"""Predicted masks are files: the likeliest class of each pixel, at the size of the image, under its name."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from deepbio.datasets import Dataset
from deepbio.datasets.readers import read_images
from deepbio.errors import DataError
from deepbio.inference import predict, write_masks
from deepbio.zoo import get_model


def model_of(values, labels=None):
    draw = np.random.default_rng(0)
    x, y = draw.integers(0, 256, (20, 8, 12, 1), np.uint8), draw.choice(values, (20, 8, 12))
    data = Dataset.from_arrays(x, y, modality="image", kind="per_pixel", labels=labels)
    return data, get_model("unet", dataset=data, filters=2, num_blocks=1, seed=3)


@pytest.mark.parametrize(("values", "labels", "written"), [((0, 255), None, (0, 255)), ((0, 1), ["a", "b"], (0, 1))])
def test_a_pixel_has_the_value_of_its_class_in_training(tmp_path, values, labels, written):
    data, model = model_of(values, labels)
    paths = write_masks(model, data.train.x, [f"{i}.jpg" for i in range(len(data.train))], tmp_path)
    expected = np.array(written)[predict(model, data.train.x).argmax(axis=-1)]
    for path, mask in zip(paths, expected, strict=True):
        with Image.open(path) as found:
            assert (np.asarray(found) == mask).all()


def test_masks_have_the_size_of_their_image_and_stay_in_the_folder(tmp_path):
    _, model = model_of((0, 1))
    (tmp_path / "scans" / "deep").mkdir(parents=True)
    for name, size in (("a.png", (24, 16)), ("deep/a.png", (12, 8))):
        Image.new("L", size, 90).save(tmp_path / "scans" / name)
    images = read_images(tmp_path / "scans", shape=(8, 12, 1))
    paths = write_masks(model, images, list(images.ids), tmp_path / "out")
    assert [path.relative_to(tmp_path / "out").as_posix() for path in paths] == ["a.png", "deep/a.png"]
    for path, size in zip(paths, [(24, 16), (12, 8)], strict=True):
        with Image.open(path) as mask:
            assert mask.size == size
    x = np.zeros((3, 8, 12, 1), np.uint8)
    paths = write_masks(model, x, ["../../b.dcm#2", "c.nii.gz#1", "/etc/d"], tmp_path / "out")
    assert [path.relative_to(tmp_path / "out") for path in paths] == [
        Path("b_2.png"),
        Path("c_1.png"),
        Path("etc/d.png"),
    ]
    paths = write_masks(model, x[:2], ["e.png", "e.jpg"], tmp_path / "out")
    assert len(set(paths)) == 2


def test_other_models_predict_no_masks(tmp_path):
    model = get_model("image_cnn", input_shape=(8, 8, 1), outputs=2)
    with pytest.raises(DataError, match="per_pixel classes"):
        write_masks(model, np.zeros((1, 8, 8, 1), np.uint8), ["a"], tmp_path)

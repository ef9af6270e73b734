"""Masks are class numbers of pixels, at the size of their image; what is no mask is named."""

import numpy as np
import pytest
from PIL import Image

from deepbio.datasets import Dataset
from deepbio.datasets.readers import ImageFiles
from deepbio.datasets.readers.masks import read_masks
from deepbio.errors import DataError

CLASSES = np.array([[0, 0, 1, 1, 2], [0, 2, 2, 1, 0]])


def pair(folder, mask, *, size=(2, 5), ending="png", **options):
    Image.fromarray(np.zeros(size, np.uint8)).save(folder / "image.png")
    path = folder / f"mask.{ending}"
    (mask if isinstance(mask, Image.Image) else Image.fromarray(mask)).save(path, **options)
    return ImageFiles([folder / "image.png"]), [path]


@pytest.mark.parametrize("form", ["grey", "16 bits", "palette", "grey in RGB", "TIFF", "one bit"])
def test_class_numbers_come_back(tmp_path, form):
    mask = CLASSES.astype(np.uint8)
    expected, labels = CLASSES, ["0", "1", "2"]
    if form == "16 bits":
        mask = mask.astype(np.uint16)
    elif form == "palette":
        mask = Image.fromarray(mask, mode=None).convert("P")
        mask.putdata(CLASSES.ravel().tolist())
        mask.putpalette([0, 0, 0, 255, 0, 0, 0, 255, 0])
    elif form == "grey in RGB":
        mask = np.repeat(mask[..., None], 3, axis=-1)
    elif form == "one bit":
        mask, expected, labels = Image.fromarray(CLASSES > 0), (CLASSES > 0).astype(int), ["0", "255"]
    found, names = read_masks(*pair(tmp_path, mask, ending="tif" if form == "TIFF" else "png"))
    assert found[0].tolist() == expected.tolist()
    assert names == labels


def test_ignored_pixels_are_unknown_and_255_is_never_guessed(tmp_path):
    mask = np.where(CLASSES == 2, 255, CLASSES).astype(np.uint8)
    images, paths = pair(tmp_path, mask)
    with pytest.raises(DataError, match=r"mask\.png: the value 255 occurs beside \[0, 1\].*ignore=255"):
        read_masks(images, paths)
    found, names = read_masks(images, paths, ignore=255)
    assert found[0].tolist() == np.where(CLASSES == 2, -1, CLASSES).tolist()
    assert names == ["0", "1"]
    found, names = read_masks(images, paths, labels=["0", "1", "255"])  # as a trained model names them
    assert found[0].tolist() == CLASSES.tolist()


def test_names_are_for_0_1_2_or_for_0_and_255(tmp_path):
    images, paths = pair(tmp_path, CLASSES.astype(np.uint8))
    assert read_masks(images, paths, labels=["tissue", "tumour", "vessel"])[0][0].tolist() == CLASSES.tolist()
    with pytest.raises(DataError, match=r"mask\.png: the mask has the value 2, which is no class"):
        read_masks(images, paths, labels=["tissue", "tumour"])
    binary = pair(tmp_path, ((CLASSES > 0) * 255).astype(np.uint8))
    assert read_masks(*binary, labels=["tissue", "tumour"])[0][0].tolist() == (CLASSES > 0).astype(int).tolist()


def test_a_mask_is_resized_by_its_nearest_pixels(tmp_path):
    images, paths = pair(tmp_path, np.kron(CLASSES, np.ones((4, 4))).astype(np.uint8), size=(8, 20))
    small = ImageFiles(images.paths, shape=(2, 5, 1))
    assert read_masks(small, paths)[0][0].tolist() == CLASSES.tolist()


COLOURS = np.zeros((2, 5, 3), np.uint8)
COLOURS[0, 0] = 200, 0, 0
BAD = {
    "another size": (
        np.zeros((5, 2), np.uint8),
        "png",
        {},
        r"expected a mask of 2 x 5 pixels, as .*image\.png; found 5 x 2",
    ),
    "colours": (COLOURS, "png", {}, "found colours. Save the number of the class"),
    "fractions": (np.zeros((2, 5), np.float32), "tif", {}, "expected a mask of class numbers; found 1 x 32 bits"),
    "JPEG with 255": (
        np.array([[0, 255, 0, 255, 255]] * 2, np.uint8),
        "jpg",
        {"quality": 30},
        "JPEG changes the class numbers",
    ),
    "JPEG": (np.array([[0, 80, 160, 240, 80]] * 2, np.uint8), "jpg", {"quality": 30}, "JPEG changes the class numbers"),
}


@pytest.mark.parametrize("case", BAD)
def test_what_is_no_mask_is_named(tmp_path, case):
    mask, ending, options, message = BAD[case]
    with pytest.raises(DataError, match=rf"mask\.{ending}: .*{message}"):
        read_masks(*pair(tmp_path, mask, ending=ending, **options))


def fill(folder, n=12, names=("images", "masks"), suffix="", size=(8, 8)):
    draw = np.random.default_rng(list(f"{folder}{names}".encode()))
    for name in names:
        (folder / name).mkdir(parents=True)
    for i in range(n):
        Image.fromarray(draw.integers(0, 256, size, np.uint8)).save(folder / names[0] / f"{i}.png")
        Image.fromarray(draw.integers(0, 2, size, np.uint8)).save(folder / names[1] / f"{i}{suffix}.png")


@pytest.mark.parametrize(
    ("names", "suffix"), [(("images", "masks"), ""), (("Images", "Labels"), "_mask"), (("img", "annotations"), "_seg")]
)
def test_images_and_masks_side_by_side_are_a_segmentation_set(tmp_path, names, suffix):
    fill(tmp_path, names=names, suffix=suffix)
    data = Dataset.from_folder(tmp_path)
    assert (data.task.kind, data.labels, data.train.y.shape[1:]) == ("per_pixel", ("0", "1"), (8, 8))
    name = str(data.test.ids[0]).split("/")[1].removesuffix(".png")
    with Image.open(tmp_path / names[1] / f"{name}{suffix}.png") as mask:
        assert (np.asarray(mask) == data.test.y[0]).all()


@pytest.mark.parametrize("layout", ["train/images", "images/train"])
def test_splits_of_images_and_masks_are_published_ones(tmp_path, layout):
    for part, n in (("train", 12), ("VAL", 4), ("test", 5)):
        if layout == "train/images":
            fill(tmp_path / part, n)
        else:
            fill(tmp_path, n, names=(f"images/{part}", f"masks/{part}"))
    data = Dataset.from_folder(tmp_path)
    assert [len(split) for _, split in data.splits()] == [12, 4, 5]


def test_an_image_without_a_mask_and_a_mask_without_an_image_are_named(tmp_path):
    fill(tmp_path)
    (tmp_path / "masks" / "3.png").rename(tmp_path / "masks" / "33.png")
    with pytest.raises(DataError, match=r"images/3\.png: expected its mask in .*masks"):
        Dataset.from_folder(tmp_path)
    (tmp_path / "images" / "3.png").unlink()
    with pytest.raises(DataError, match=r"masks/33\.png: expected its image in .*images"):
        Dataset.from_folder(tmp_path)


def test_a_volume_and_its_mask_are_read_slice_by_slice(tmp_path):
    nibabel = pytest.importorskip("nibabel", reason="needs the extra 'images'")
    draw = np.random.default_rng(0)
    for name in ("imagesTr", "labelsTr"):
        (tmp_path / name).mkdir()
    for folder, dtype, top in (("imagesTr", np.int16, 1000), ("labelsTr", np.uint8, 3)):
        for i in range(8):
            volume = draw.integers(0, top, (6, 5, 4)).astype(dtype)
            nibabel.save(nibabel.Nifti1Image(volume, np.eye(4)), tmp_path / folder / f"case{i}.nii.gz")
    (tmp_path / "imagesTr").rename(tmp_path / "images")
    (tmp_path / "labelsTr").rename(tmp_path / "labels")
    data = Dataset.from_folder(tmp_path, window="full")
    assert (data.labels, data.input.shape) == (("0", "1", "2"), (6, 5, 1))
    id = str(data.test.ids[0])
    path, number = id.removeprefix("images/").split("#")
    mask = np.asarray(nibabel.load(tmp_path / "labels" / path).dataobj)[:, :, int(number) - 1]
    assert (data.test.y[0] == mask).all()
    assert not {i.split("#")[0] for i in data.test.ids} & {i.split("#")[0] for i in data.train.ids}


def test_a_volume_and_its_mask_that_run_in_other_directions_are_not_paired_mirrored(tmp_path):
    nibabel = pytest.importorskip("nibabel", reason="needs the extra 'images'")
    volume, mask = np.arange(24, dtype=np.uint8).reshape(4, 3, 2), np.zeros((4, 3, 2), np.uint8)
    mask[0] = 1
    for name, voxels, x in (("image", volume, 1.0), ("same", mask, 1.0), ("flipped", mask[::-1], -1.0)):
        affine = np.diag([x, 1, 1, 1])
        affine[0, 3] = 3.0 if x < 0 else 0.0
        nibabel.save(nibabel.Nifti1Image(voxels, affine), tmp_path / f"{name}.nii.gz")
    images = ImageFiles([tmp_path / "image.nii.gz"], window="full")
    expected = read_masks(images, [tmp_path / "same.nii.gz"])[0]
    with pytest.raises(
        DataError, match=r"flipped\.nii\.gz: its voxels run to LAS, those of .*image\.nii\.gz to RAS.*orient"
    ):
        read_masks(images, [tmp_path / "flipped.nii.gz"])
    oriented = ImageFiles([tmp_path / "image.nii.gz"], window="full", orient="RAS")
    np.testing.assert_array_equal(read_masks(oriented, [tmp_path / "flipped.nii.gz"])[0], expected)

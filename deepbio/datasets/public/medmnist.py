"""Small images with published splits: MedMNIST's 2D sets and MNIST."""

import gzip
from dataclasses import replace

import numpy as np

from deepbio.datasets.build import from_npz
from deepbio.datasets.cards import Card
from deepbio.datasets.dataset import Dataset
from deepbio.datasets.fetch import card_file
from deepbio.datasets.public.from_card import card_dataset
from deepbio.datasets.splitting import Duplicates
from deepbio.errors import DataError

SIZES = (28, 64, 128, 224)


def medmnist(card: Card, *, size: int = 28, duplicates: Duplicates = "drop") -> Dataset:
    """Read one of the sets.

    Args:
        card: Card of the data set.
        size: Number of pixels on each side: 28, 64, 128 or 224.
        duplicates: `"drop"` removes images from a split that are in a later one too; `"keep"` keeps the published splits.
    """
    if size not in SIZES:
        raise DataError(f"{card.name} comes in {', '.join(map(str, SIZES))} pixels; received size={size!r}.")
    file = card_file(card, f"{card.name}.npz" if size == 28 else f"{card.name}_{size}.npz")
    data = from_npz(file, kind=card["task"], labels=list(card["labels"]), duplicates=duplicates, name=card.name)
    return replace(data, card=card, options={"size": size, "duplicates": duplicates})


def mnist(card: Card) -> Dataset:
    """Read the four IDX files of MNIST. The last 10,000 training images are the validation split.

    Source: the format IDX, described with the data (LeCun, Cortes and Burges, the MNIST database of handwritten digits).
    """
    parts = [
        (_idx(card, f"{part}-images-idx3-ubyte.gz"), _idx(card, f"{part}-labels-idx1-ubyte.gz"))
        for part in ("train", "t10k")
    ]
    x, y = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
    split = np.repeat(["train", "valid", "test"], [len(parts[0][0]) - 10_000, 10_000, len(parts[1][0])])
    return card_dataset(
        card,
        x[..., None],
        y.astype(np.int64),
        options={},
        modality="image",
        kind=card["task"],
        labels=list(card["labels"]),
        split=split,
    )


def _idx(card: Card, name: str) -> np.ndarray:
    """Read a file of uint8: two zeros, the type 8, the number of dimensions, their big-endian sizes, then the values."""
    content = gzip.decompress(card_file(card, name).read_bytes())
    if content[:3] != b"\0\0\x08":
        raise DataError(f"{name}: expected an IDX file of unsigned bytes; found the magic number {content[:4].hex()}.")
    first = 4 + 4 * content[3]
    return np.frombuffer(content, np.uint8, offset=first).reshape(np.frombuffer(content[4:first], ">u4").astype(int))

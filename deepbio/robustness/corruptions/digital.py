"""What storing does to images: coarse pixels, JPEG, and the wobble of an elastic transformation."""

from __future__ import annotations

import io

import numpy as np
from scipy import ndimage

from deepbio.robustness.corruptions.color import as_picture, from_picture
from deepbio.robustness.corruptions.corruption import as_bytes, unit


def pixelate(image: np.ndarray, factor: float, random: np.random.Generator) -> np.ndarray:
    """Store at a fraction of the size, with box filters both ways."""
    from PIL import Image

    picture = as_picture(image)
    small = picture.resize([max(1, int(side * factor)) for side in picture.size], Image.Resampling.BOX)
    return from_picture(small.resize(picture.size, Image.Resampling.BOX), image)


def jpeg(image: np.ndarray, quality: int, random: np.random.Generator) -> np.ndarray:
    """Store as JPEG of a quality."""
    from PIL import Image

    file = io.BytesIO()
    as_picture(image).save(file, "JPEG", quality=quality)
    file.seek(0)
    return from_picture(Image.open(file), image)


def elastic(image: np.ndarray, amount: tuple[float, float, float], random: np.random.Generator) -> np.ndarray:
    """Move three points of the image at random, and each pixel by a smooth random field.

    Args:
        image: Image.
        amount: Size and smoothness of the field, and largest move of a point, as fractions of the side.
        random: Random generator.
    """
    height, width = image.shape[:2]
    side = min(height, width)
    strength, smoothness, reach = (side * one for one in amount)
    middle, arm = np.array([height, width]) // 2, side // 3
    points = np.array([middle + arm, middle + np.array([arm, -arm]), middle - arm], np.float64)
    moved = points + random.uniform(-reach, reach, points.shape)
    matrix = np.linalg.solve(
        np.column_stack([moved, np.ones(3)]), points
    )  # from a place of the result to one of the image
    rows, columns = np.meshgrid(np.arange(height), np.arange(width), indexing="ij")
    field = [
        strength
        * ndimage.gaussian_filter(random.uniform(-1, 1, (height, width)), smoothness, mode="reflect", truncate=3)
        for _ in range(2)
    ]
    at = np.stack([rows + field[0], columns + field[1], np.ones_like(rows, float)], axis=-1) @ matrix
    pixels = unit(image)
    found = [
        ndimage.map_coordinates(pixels[..., k], [at[..., 0], at[..., 1]], order=1, mode="mirror")
        for k in range(image.shape[-1])
    ]
    return as_bytes(np.stack(found, axis=-1))

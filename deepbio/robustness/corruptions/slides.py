"""What lies on slides and lenses: bubbles, stain, dark corners and letters. Lengths are in pixels times `scale`."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from deepbio.robustness.corruptions.color import as_picture, from_picture
from deepbio.robustness.corruptions.corruption import as_bytes, unit


def bubble(
    image: np.ndarray, amount: tuple[int, int], random: np.random.Generator, *, scale: float = 1.0
) -> np.ndarray:
    """Lay 7 up to `amount[1]` bright discs with brighter rims over the image, of radii 3 up to `amount[0]`."""
    height, width = image.shape[:2]
    rows, columns = np.ogrid[:height, :width]
    cover = np.zeros((height, width))
    for _ in range(random.integers(7, amount[1] + 1)):
        radius = random.integers(3, amount[0] + 1) * scale
        center = [random.uniform(radius, max(side - radius, radius + 1e-6)) for side in (height, width)]
        away = np.hypot(rows - center[0], columns - center[1])
        cover = np.where(away <= radius + 2 * scale, 130 / 255, cover)
        cover = np.where(away <= radius, 100 / 255, cover)
    return as_bytes(unit(image) * (1 - cover[..., None]) + cover[..., None])


def stain_deposit(image: np.ndarray, marks: int, random: np.random.Generator, *, scale: float = 1.0) -> np.ndarray:
    """Lay one up to `marks` dark blots over the image. The published images use scanned ink; here blots are smooth noise."""
    height, width = image.shape[:2]
    clear = np.ones((height, width))
    rows, columns = np.ogrid[:height, :width]
    for _ in range(random.integers(1, marks + 1)):
        radius = random.uniform(12, 24) * scale
        center = [random.uniform(radius, max(side - radius, radius + 1e-6)) for side in (height, width)]
        wobble = ndimage.gaussian_filter(random.normal(size=(height, width)), max(4 * scale, 0.6))
        away = np.hypot(rows - center[0], columns - center[1]) / radius + wobble / max(
            float(np.abs(wobble).max()), 1e-9
        )
        clear *= 1 - 0.95 * np.clip(2 * (1.0 - away), 0, 1)
    return as_bytes(unit(image) * clear[..., None])


def black_corner(image: np.ndarray, factor: float, random: np.random.Generator) -> np.ndarray:
    """Keep a disc of a multiple of half the side, as a lens does; the corners are black."""
    height, width = image.shape[:2]
    center = width // 2, height // 2
    radius = int(min(*center, width - center[0], height - center[1]) * factor)
    rows, columns = np.ogrid[:height, :width]
    inside = (rows - center[1]) ** 2 + (columns - center[0]) ** 2 <= radius**2
    return image * inside[..., None].astype(np.uint8)


def characters(
    image: np.ndarray, amount: tuple[int, int, float], random: np.random.Generator, *, scale: float = 1.0
) -> np.ndarray:
    """Write one up to `amount[0]` words of 3 up to `amount[1]` letters in random colours on the image.

    `amount[2]` is the size of the font as a multiple of 22 pixels, the height of a line of the published one.
    """
    from PIL import ImageDraw, ImageFont

    picture = as_picture(image)
    draw = ImageDraw.Draw(picture)
    font = ImageFont.load_default(max(4.0, 22 * 2 * amount[2] * scale))
    for _ in range(random.integers(1, amount[0] + 1)):
        letters = random.integers(97, 123, random.integers(3, amount[1] + 1))
        color = [int(one) for one in random.integers(0, 256, image.shape[-1])]
        place = random.uniform(0, 0.7) * image.shape[1], random.uniform(0, 0.9) * image.shape[0]
        draw.text(place, bytes(letters.tolist()).decode(), fill=tuple(color) if color[1:] else color[0], font=font)
    return from_picture(picture, image)

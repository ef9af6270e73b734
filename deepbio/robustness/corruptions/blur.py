"""Blur of images: defocus, Gaussian, motion, zoom and frosted glass. Lengths are in pixels times `scale`."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from deepbio.robustness.corruptions.corruption import as_bytes, unit

_FINE = 8  # subpixels per side of a scaled disk


def gaussian_blur(image: np.ndarray, size: int, random: np.random.Generator, *, scale: float = 1.0) -> np.ndarray:
    """Blur by a Gaussian kernel of so many pixels, whose standard deviation is 0.15 size + 0.35 (OpenCV's rule)."""
    reach = max(1, int(np.ceil((size - 1) / 2 * scale)))
    kernel = _gaussian(reach, (0.3 * ((size - 1) * 0.5 - 1) + 0.8) * scale)
    found = image.astype(np.float64)
    for axis in (0, 1):
        found = ndimage.correlate1d(found, kernel, axis=axis, mode="mirror")
    return np.rint(found).clip(0, 255).astype(np.uint8)


def defocus_blur(
    image: np.ndarray, amount: tuple[float, float], random: np.random.Generator, *, scale: float = 1.0
) -> np.ndarray:
    """Average over a disk of a radius, whose edge a Gaussian of a standard deviation softens."""
    kernel = disk(amount[0], amount[1], scale)
    return as_bytes(_per_channel(lambda one: ndimage.correlate(one, kernel, mode="mirror"), unit(image)))


def disk(radius: float, edge: float, scale: float = 1.0) -> np.ndarray:
    """Return the kernel of a disk. A scaled disk covers edge pixels in part.

    Example:
        >>> disk(1, 0.1).sum().round(6), int((disk(1, 0.1) > 0.01).sum())
        (np.float64(1.0), 5)
    """
    reach = int(np.ceil(max(8.0, radius) * min(1.0, scale))) if scale != 1 else int(max(8, np.floor(radius)))
    fine = 1 if scale == 1 else _FINE
    grid = np.arange(-(fine * (2 * reach + 1) // 2), fine * (2 * reach + 1) // 2 + fine % 2)
    places = grid.astype(np.float64) if fine == 1 else (grid + 0.5) / fine
    inside = (places[:, None] ** 2 + places**2 <= (radius * scale) ** 2).astype(np.float64)
    covered = inside.reshape(2 * reach + 1, fine, 2 * reach + 1, fine).sum(axis=(1, 3))
    kernel = (
        covered / covered.sum() if covered.any() else np.eye(2 * reach + 1)[reach] * np.eye(2 * reach + 1)[:, [reach]]
    )
    soft = _gaussian(1 if radius <= 8 else 2, edge)
    for axis in (0, 1):
        kernel = ndimage.correlate1d(kernel, soft, axis=axis, mode="mirror")
    return kernel


def motion_blur(
    image: np.ndarray, amount: tuple[float, float], random: np.random.Generator, *, scale: float = 1.0
) -> np.ndarray:
    """Smear along a random direction up to 45 degrees off the horizontal, with the weights of half a Gaussian."""
    return as_bytes(smear(unit(image), amount[0] * scale, amount[1] * scale, random.uniform(-45, 45)))


def smear(pixels: np.ndarray, radius: float, std: float, degrees: float) -> np.ndarray:
    """Return the weighted mean of a pixel and those behind it along a direction, as far as twice the radius."""
    taps = 2 * int(np.ceil(radius)) + 1
    weights = np.exp(-0.5 * (np.arange(taps) / max(std, 1e-3)) ** 2)
    angle = np.deg2rad(degrees)
    reach, found = taps - 1, np.zeros_like(pixels)
    padded = np.pad(pixels, [(reach, reach), (reach, reach)] + [(0, 0)] * (pixels.ndim - 2), mode="edge")
    height, width = pixels.shape[:2]
    for k, weight in enumerate(weights / weights.sum()):
        row, column = reach + round(k * np.sin(angle)), reach + round(k * np.cos(angle))
        found += weight * padded[row : row + height, column : column + width]
    return found


def zoom_blur(image: np.ndarray, amount: tuple[float, float], random: np.random.Generator) -> np.ndarray:
    """Average over enlargements of the image from 1 up to a factor, in steps."""
    pixels = unit(image).astype(np.float32)
    factors = np.arange(1, *amount)
    total = sum((enlarged(pixels, one) for one in factors), np.zeros_like(pixels))
    return as_bytes((pixels + total) / (len(factors) + 1))


def enlarged(pixels: np.ndarray, factor: float) -> np.ndarray:
    """Return the middle of an image at its size, enlarged by linear interpolation."""
    sides = pixels.shape[:2]
    cut = [int(np.ceil(side / factor)) for side in sides]
    first = [(side - one) // 2 for side, one in zip(sides, cut, strict=True)]
    middle = pixels[first[0] : first[0] + cut[0], first[1] : first[1] + cut[1]]
    large = np.asarray(ndimage.zoom(middle, (factor, factor, *(1,) * (pixels.ndim - 2)), order=1))
    trim = [(one - side) // 2 for one, side in zip(large.shape, sides, strict=False)]
    return large[trim[0] : trim[0] + sides[0], trim[1] : trim[1] + sides[1]]


def glass_blur(
    image: np.ndarray, amount: tuple[float, int, int], random: np.random.Generator, *, scale: float = 1.0
) -> np.ndarray:
    """Blur, set each pixel inside the border to the value of a near one, and blur again."""
    std, reach, rounds = amount[0] * scale, max(1, round(amount[1] * scale)), amount[2]
    found = as_bytes(_blurred(unit(image), std))
    height, width = found.shape[:2]
    inside = np.mgrid[reach : height - reach, reach : width - reach]
    for _ in range(rounds):
        row, column = inside + random.integers(-reach, reach, inside.shape)
        found[reach : height - reach, reach : width - reach] = found[row, column]
    return as_bytes(_blurred(unit(found), std))


def _blurred(pixels: np.ndarray, std: float) -> np.ndarray:
    return ndimage.gaussian_filter(pixels, (std, std, 0), mode="nearest")


def _gaussian(reach: int, std: float) -> np.ndarray:
    weights = np.exp(-0.5 * (np.arange(-reach, reach + 1) / std) ** 2)
    return weights / weights.sum()


def _per_channel(function, pixels: np.ndarray) -> np.ndarray:
    return np.stack([function(pixels[..., k]) for k in range(pixels.shape[-1])], axis=-1)

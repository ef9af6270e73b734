"""Weather: snow, frost and fog over an image (Hendrycks and Dietterich 2019, arXiv:1903.12261)."""

from __future__ import annotations

import numpy as np

from deepbio.robustness.corruptions.blur import enlarged, smear
from deepbio.robustness.corruptions.corruption import as_bytes, unit

_GREY = np.array([0.299, 0.587, 0.114])


def fog(image: np.ndarray, amount: tuple[float, float], random: np.random.Generator) -> np.ndarray:
    """Add a plasma fractal of a weight, smoother for a larger decay, and keep the largest value."""
    pixels = unit(image)
    top = max(pixels.max(), 1e-6)
    weight, decay = amount
    return as_bytes((pixels + weight * plasma(image.shape[:2], decay, random)[..., None]) * top / (top + weight))


def frost(image: np.ndarray, amount: tuple[float, float], random: np.random.Generator) -> np.ndarray:
    """Blend with ice. The published images blend with photographs; here the ice is the ridges of plasma fractals."""
    ridges = 1 - np.abs(2 * plasma(image.shape[:2], 1.7, random) - 1)
    ice = ridges**3 * (0.35 + 0.65 * plasma(image.shape[:2], 2.0, random))
    tint = np.array([0.85, 0.95, 1.0]) if image.shape[-1] == 3 else np.ones(1)
    return as_bytes(amount[0] * unit(image) + amount[1] * ice[..., None] / max(ice.max(), 1e-6) * tint)


def snow(
    image: np.ndarray,
    amount: tuple[float, float, float, float, float, float, float],
    random: np.random.Generator,
    *,
    scale: float = 1.0,
) -> np.ndarray:
    """Fall: bright grains, enlarged and smeared downwards, over a paler image.

    Args:
        image: Image.
        amount: Mean and standard deviation of the grains, their enlargement, the threshold below which there is none, radius and
            standard deviation of the smear, and the weight of the image against its paler copy.
        random: Random generator.
        scale: Factor of the lengths.
    """
    mean, std, zoom, threshold, radius, spread, weight = amount
    grains = enlarged(random.normal(mean, std, image.shape[:2]), zoom)
    grains = np.clip(np.where(grains < threshold, 0, grains), 0, 1)
    fallen = smear(grains, radius * scale, spread * scale, random.uniform(-135, -45))[..., None]
    pixels = unit(image)
    grey = (pixels @ _GREY if image.shape[-1] == 3 else pixels[..., 0])[..., None]
    pale = weight * pixels + (1 - weight) * np.maximum(pixels, 1.5 * grey + 0.5)
    return as_bytes(pale + fallen + np.rot90(fallen, 2))


def plasma(shape: tuple[int, int], decay: float, random: np.random.Generator) -> np.ndarray:
    """Return a plasma fractal from 0 to 1: noise of every scale, the coarse ones strongest (diamond-square algorithm)."""
    side = 1 << max(1, int(np.ceil(np.log2(max(shape)))))
    field, step, strength = np.zeros((side, side)), side, 1.0
    while step > 1:
        half = step // 2
        corners = field[::step, ::step]
        below = np.roll(corners, -1, 0)
        middles = (corners + below + np.roll(corners, -1, 1) + np.roll(below, -1, 1)) / 4
        middles += strength * random.uniform(-1, 1, middles.shape)
        field[half::step, half::step] = middles
        field[::step, half::step] = (
            corners + np.roll(corners, -1, 1) + middles + np.roll(middles, 1, 0)
        ) / 4 + strength * random.uniform(-1, 1, middles.shape)
        field[half::step, ::step] = (
            corners + below + middles + np.roll(middles, 1, 1)
        ) / 4 + strength * random.uniform(-1, 1, middles.shape)
        step, strength = half, strength / decay
    field -= field.min()
    return (field / max(field.max(), 1e-12))[: shape[0], : shape[1]]

"""Noise of images: normal, Poisson, salt and pepper, and speckle (Hendrycks and Dietterich 2019, arXiv:1903.12261)."""

from __future__ import annotations

import numpy as np

from deepbio.robustness.corruptions.corruption import as_bytes, unit


def gaussian_noise(image: np.ndarray, std: float, random: np.random.Generator) -> np.ndarray:
    """Add normal noise of a standard deviation."""
    return as_bytes(unit(image) + random.normal(size=image.shape, scale=std))


def shot_noise(image: np.ndarray, photons: float, random: np.random.Generator) -> np.ndarray:
    """Count photons: Poisson noise, where a white pixel has `photons` of them."""
    return as_bytes(random.poisson(unit(image) * photons) / photons)


def impulse_noise(image: np.ndarray, fraction: float, random: np.random.Generator) -> np.ndarray:
    """Set a fraction of the values to black or white."""
    hit, white = random.random(image.shape) <= fraction, random.random(image.shape) <= 0.5
    return np.where(hit, np.where(white, 255, 0), image).astype(np.uint8)


def speckle_noise(image: np.ndarray, std: float, random: np.random.Generator) -> np.ndarray:
    """Add normal noise in proportion to each value."""
    pixels = unit(image)
    return as_bytes(pixels + pixels * random.normal(size=image.shape, scale=std))

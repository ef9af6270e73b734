"""Colour and light of images: brightness, contrast, saturation and gamma, by both definitions in use."""

from __future__ import annotations

import numpy as np

from deepbio.robustness.corruptions.corruption import as_bytes, unit


def brightness(image: np.ndarray, change: float, random: np.random.Generator) -> np.ndarray:
    """Raise the value of each colour (HSV) by a constant."""
    pixels = unit(image)
    value = pixels.max(axis=-1, keepdims=True)
    raised = np.clip(value + change, 0, 1)
    return as_bytes(np.where(value > 0, pixels * raised / np.where(value > 0, value, 1), raised))


def contrast(image: np.ndarray, factor: float, random: np.random.Generator) -> np.ndarray:
    """Bring each channel nearer to its mean."""
    pixels = unit(image)
    means = pixels.mean(axis=(0, 1), keepdims=True)
    return as_bytes((pixels - means) * factor + means)


def brightness_factor(image: np.ndarray, factor: float, random: np.random.Generator) -> np.ndarray:
    """Multiply by a factor, as Pillow does."""
    from PIL import ImageEnhance

    return from_picture(ImageEnhance.Brightness(as_picture(image)).enhance(factor), image)


def contrast_factor(image: np.ndarray, factor: float, random: np.random.Generator) -> np.ndarray:
    """Multiply the distance from the mean grey by a factor, as Pillow does."""
    from PIL import ImageEnhance

    return from_picture(ImageEnhance.Contrast(as_picture(image)).enhance(factor), image)


def gamma(image: np.ndarray, exponent: float, random: np.random.Generator) -> np.ndarray:
    """Raise values to a power, by a table of the 256 bytes."""
    return ((255 + 1 - 1e-3) * (np.arange(256) / 255.0) ** exponent).astype(np.uint8)[image]


def saturate(image: np.ndarray, change: float, random: np.random.Generator) -> np.ndarray:
    """Raise the saturation of each colour (HSV) by a constant. Greys, which have no hue, become red; one channel stays."""
    if image.shape[-1] != 3:
        return image.copy()
    pixels = unit(image)
    value = pixels.max(axis=-1, keepdims=True)
    missing = value - pixels
    depth = missing.max(axis=-1, keepdims=True)
    before = np.where(value > 0, depth / np.where(value > 0, value, 1), 0)
    after = np.clip(before + change, 0, 1)
    grown = missing * after / np.where(before > 0, before, 1)
    red = value * after * np.array([0.0, 1.0, 1.0])
    return as_bytes(value - np.where(before > 0, grown, red))


def as_picture(image: np.ndarray):
    """Return an image of one or three channels as a Pillow image."""
    from PIL import Image

    return Image.fromarray(image[..., 0] if image.shape[-1] == 1 else image)


def from_picture(picture, like: np.ndarray) -> np.ndarray:
    """Return a Pillow image as an array of the shape of `like`."""
    return np.asarray(picture, np.uint8).reshape(like.shape)

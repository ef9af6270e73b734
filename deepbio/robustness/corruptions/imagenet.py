"""`IMAGENET_C`: the fifteen corruptions of ImageNet-C, with the amounts for images of 224 pixels and for small ones.

Hendrycks and Dietterich 2019, arXiv:1903.12261. The amounts are those of ImageNet-C and, for small images, of CIFAR-10-C.
"""

from __future__ import annotations

from typing import Any

from deepbio.robustness.corruptions import blur, color, digital, noise, weather
from deepbio.robustness.corruptions.corruption import Corruption, named

LARGE_FROM = 64
"""Shorter side of an image from which on the amounts of ImageNet-C are used; below, those of CIFAR-10-C."""

_KINDS: tuple[tuple[str, str, Any, tuple[Any, ...], tuple[Any, ...], bool], ...] = (
    # name, group, damage, amounts at 32 pixels, amounts at 224 pixels, whether they contain lengths
    ("gaussian_noise", "noise", noise.gaussian_noise, (0.04, 0.06, 0.08, 0.09, 0.1), (0.08, 0.12, 0.18, 0.26, 0.38), False),
    ("shot_noise", "noise", noise.shot_noise, (500, 250, 100, 75, 50), (60, 25, 12, 5, 3), False),
    ("impulse_noise", "noise", noise.impulse_noise, (0.01, 0.02, 0.03, 0.05, 0.07), (0.03, 0.06, 0.09, 0.17, 0.27), False),
    (
        "defocus_blur", "blur", blur.defocus_blur,
        ((0.3, 0.4), (0.4, 0.5), (0.5, 0.6), (1, 0.2), (1.5, 0.1)), ((3, 0.1), (4, 0.5), (6, 0.5), (8, 0.5), (10, 0.5)), True,
    ),
    (
        "glass_blur", "blur", blur.glass_blur,
        ((0.05, 1, 1), (0.25, 1, 1), (0.4, 1, 1), (0.25, 1, 2), (0.4, 1, 2)),
        ((0.7, 1, 2), (0.9, 2, 1), (1, 2, 3), (1.1, 3, 2), (1.5, 4, 2)), True,
    ),
    (
        "motion_blur", "blur", blur.motion_blur,
        ((6, 1), (6, 1.5), (6, 2), (8, 2), (9, 2.5)), ((10, 3), (15, 5), (15, 8), (15, 12), (20, 15)), True,
    ),
    (
        "zoom_blur", "blur", blur.zoom_blur,
        ((1.06, 0.01), (1.11, 0.01), (1.16, 0.01), (1.21, 0.01), (1.26, 0.01)),
        ((1.11, 0.01), (1.16, 0.01), (1.21, 0.02), (1.26, 0.02), (1.31, 0.03)), False,
    ),
    (
        "snow", "weather", weather.snow,
        (
            (0.1, 0.2, 1, 0.6, 8, 3, 0.95), (0.1, 0.2, 1, 0.5, 10, 4, 0.9), (0.15, 0.3, 1.75, 0.55, 10, 4, 0.9),
            (0.25, 0.3, 2.25, 0.6, 12, 6, 0.85), (0.3, 0.3, 1.25, 0.65, 14, 12, 0.8),
        ),
        (
            (0.1, 0.3, 3, 0.5, 10, 4, 0.8), (0.2, 0.3, 2, 0.5, 12, 4, 0.7), (0.55, 0.3, 4, 0.9, 12, 8, 0.7),
            (0.55, 0.3, 4.5, 0.85, 12, 8, 0.65), (0.55, 0.3, 2.5, 0.85, 12, 12, 0.55),
        ), True,
    ),
    (
        "frost", "weather", weather.frost,
        ((1, 0.2), (1, 0.3), (0.9, 0.4), (0.85, 0.4), (0.75, 0.45)),
        ((1, 0.4), (0.8, 0.6), (0.7, 0.7), (0.65, 0.7), (0.6, 0.75)), False,
    ),
    (
        "fog", "weather", weather.fog,
        ((0.2, 3), (0.5, 3), (0.75, 2.5), (1, 2), (1.5, 1.75)), ((1.5, 2), (2, 2), (2.5, 1.7), (2.5, 1.5), (3, 1.4)), False,
    ),
    ("brightness", "color", color.brightness, (0.05, 0.1, 0.15, 0.2, 0.3), (0.1, 0.2, 0.3, 0.4, 0.5), False),
    ("contrast", "color", color.contrast, (0.75, 0.5, 0.4, 0.3, 0.15), (0.4, 0.3, 0.2, 0.1, 0.05), False),
    (
        "elastic", "digital", digital.elastic,
        ((0, 0, 0.08), (0.05, 0.2, 0.07), (0.08, 0.06, 0.06), (0.1, 0.04, 0.05), (0.1, 0.03, 0.03)),
        ((2, 0.7, 0.1), (2, 0.08, 0.2), (0.05, 0.01, 0.02), (0.07, 0.01, 0.02), (0.12, 0.01, 0.02)), False,
    ),
    ("pixelate", "digital", digital.pixelate, (0.95, 0.9, 0.85, 0.75, 0.65), (0.6, 0.5, 0.4, 0.3, 0.25), False),
    ("jpeg", "digital", digital.jpeg, (80, 65, 58, 50, 40), (25, 18, 15, 10, 7), False),
)  # fmt: skip


def _suite(large: bool) -> dict[str, Corruption]:
    side = 224 if large else 32
    return named(
        *(
            Corruption(name, group, damage, upper if large else lower, side if lengths else 0)
            for name, group, damage, lower, upper, lengths in _KINDS
        )
    )


IMAGENET_C = _suite(large=False)
"""The corruptions for images whose shorter side is under 64 pixels."""
IMAGENET_C_224 = _suite(large=True)
"""The corruptions for larger images."""


def imagenet_c(side: int) -> dict[str, Corruption]:
    """Return the fifteen corruptions for images of a shorter side in pixels.

    Example:
        >>> len(imagenet_c(28)), imagenet_c(224)["jpeg"].amounts
        (15, (25, 18, 15, 10, 7))
    """
    return IMAGENET_C_224 if side >= LARGE_FROM else IMAGENET_C

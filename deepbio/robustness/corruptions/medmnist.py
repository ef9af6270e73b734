"""`medmnist_c`: the corruptions of MedMNIST-C, a choice for each data set (Di Salvo et al. 2024, arXiv:2406.17536).

Amounts are those of its package `medmnistc` 0.1.0, chosen at 224 pixels. Lengths shrink with the side of the image; factors,
noise and qualities do not. Grey images keep one channel, so noise is grey too.
"""

from __future__ import annotations

from typing import Any

from deepbio.errors import DataError, nearest
from deepbio.robustness.corruptions import blur, color, digital, noise, slides
from deepbio.robustness.corruptions.corruption import Corruption, named

_SIDE = 224
_KINDS: dict[str, tuple[str, Any, bool]] = {
    "pixelate": ("digital", digital.pixelate, False),
    "jpeg": ("digital", digital.jpeg, False),
    "gaussian_noise": ("noise", noise.gaussian_noise, False),
    "speckle_noise": ("noise", noise.speckle_noise, False),
    "impulse_noise": ("noise", noise.impulse_noise, False),
    "shot_noise": ("noise", noise.shot_noise, False),
    "defocus_blur": ("blur", blur.defocus_blur, True),
    "motion_blur": ("blur", blur.motion_blur, True),
    "zoom_blur": ("blur", blur.zoom_blur, False),
    "gaussian_blur": ("blur", blur.gaussian_blur, True),
    "brightness_up": ("color", color.brightness_factor, False),
    "brightness_down": ("color", color.brightness_factor, False),
    "contrast_up": ("color", color.contrast_factor, False),
    "contrast_down": ("color", color.contrast_factor, False),
    "saturate": ("color", color.saturate, False),
    "gamma_up": ("task", color.gamma, False),
    "gamma_down": ("task", color.gamma, False),
    "stain_deposit": ("task", slides.stain_deposit, True),
    "bubble": ("task", slides.bubble, True),
    "black_corner": ("task", slides.black_corner, False),
    "characters": ("task", slides.characters, True),
}
_JPEG = (50, 30, 15, 10, 7)
_UP, _DOWN = (1.1, 1.2, 1.3, 1.4, 1.5), (0.9, 0.8, 0.7, 0.6, 0.5)
_MORE, _LESS = (1.1, 1.2, 1.3, 1.4, 1.6), (0.9, 0.8, 0.7, 0.6, 0.4)
_COARSE = (0.3, 0.25, 0.2, 0.15, 0.1)
_ORGAN: dict[str, tuple[Any, ...]] = {
    "pixelate": (0.7, 0.6, 0.5, 0.4, 0.35), "jpeg": _JPEG, "gaussian_noise": (0.04, 0.08, 0.12, 0.16, 0.2),
    "speckle_noise": (0.05, 0.1, 0.2, 0.3, 0.4), "impulse_noise": (0.01, 0.02, 0.03, 0.05, 0.08),
    "shot_noise": (200, 100, 50, 25, 15), "gaussian_blur": (11, 13, 15, 17, 21), "brightness_up": (1.2, 1.3, 1.4, 1.5, 1.6),
    "brightness_down": (0.8, 0.75, 0.7, 0.65, 0.6), "contrast_up": (1.3, 1.4, 1.6, 1.7, 1.8),
    "contrast_down": (0.8, 0.7, 0.6, 0.55, 0.5), "gamma_up": (1.3, 1.4, 1.6, 1.8, 2.0), "gamma_down": _LESS,
}  # fmt: skip
_AMOUNTS: dict[str, dict[str, tuple[Any, ...]]] = {
    "pathmnist": {
        "pixelate": (0.8, 0.6, 0.4, 0.3, 0.25), "jpeg": _JPEG, "defocus_blur": ((3, 0.1), (4, 0.1), (5, 0.2), (6, 0.2), (7, 0.3)),
        "motion_blur": ((5, 5), (10, 5), (15, 5), (15, 8), (15, 12)), "brightness_up": (1.1, 1.15, 1.2, 1.22, 1.25),
        "brightness_down": (0.85, 0.8, 0.75, 0.72, 0.7), "contrast_up": _MORE, "contrast_down": (0.8, 0.7, 0.6, 0.55, 0.5),
        "saturate": (0.05, 0.1, 0.15, 0.2, 0.25), "stain_deposit": (1, 2, 3, 4, 5),
        "bubble": ((7, 15), (10, 15), (12, 15), (15, 20), (17, 25)),
    },
    "bloodmnist": {
        "pixelate": (0.6, 0.5, 0.4, 0.3, 0.25), "jpeg": _JPEG, "defocus_blur": ((2, 0.01), (3, 0.1), (4, 0.1), (5, 0.1), (6, 0.1)),
        "motion_blur": ((3, 3), (5, 5), (10, 5), (10, 7), (10, 9)), "brightness_up": (1.1, 1.2, 1.3, 1.35, 1.4),
        "brightness_down": _DOWN, "contrast_up": (1.1, 1.15, 1.2, 1.25, 1.3), "contrast_down": _DOWN,
        "saturate": (0.05, 0.1, 0.15, 0.17, 0.2), "stain_deposit": (1, 2, 3, 3, 3),
        "bubble": ((5, 10), (7, 10), (10, 10), (12, 12), (15, 12)),
    },
    "dermamnist": {
        "pixelate": (0.7, 0.5, 0.4, 0.3, 0.25), "jpeg": (30, 20, 15, 10, 7), "gaussian_noise": (0.04, 0.08, 0.12, 0.18, 0.26),
        "speckle_noise": (0.05, 0.15, 0.2, 0.35, 0.45), "impulse_noise": (0.01, 0.03, 0.06, 0.09, 0.17),
        "shot_noise": (60, 25, 18, 10, 5), "defocus_blur": ((4, 0.1), (5, 0.2), (6, 0.3), (7, 0.4), (8, 0.5)),
        "motion_blur": ((10, 5), (15, 5), (15, 8), (15, 12), (20, 15)),
        "zoom_blur": ((1.11, 0.01), (1.16, 0.01), (1.21, 0.02), (1.26, 0.02), (1.31, 0.03)), "brightness_up": _UP,
        "brightness_down": _DOWN, "contrast_up": _MORE, "contrast_down": (0.8, 0.7, 0.6, 0.5, 0.4),
        "black_corner": (1.1, 1.05, 1.0, 0.9, 0.95),
        "characters": ((1, 6, 0.14), (2, 7, 0.15), (3, 8, 0.16), (4, 9, 0.17), (6, 10, 0.18)),
    },
    "retinamnist": {
        "pixelate": (0.8, 0.6, 0.5, 0.4, 0.35), "jpeg": (30, 25, 20, 10, 5), "gaussian_noise": (0.04, 0.08, 0.12, 0.16, 0.2),
        "speckle_noise": (0.1, 0.15, 0.2, 0.25, 0.3), "defocus_blur": ((4, 0.1), (5, 0.2), (6, 0.3), (7, 0.4), (8, 0.5)),
        "motion_blur": ((8, 5), (15, 5), (15, 8), (15, 12), (20, 15)), "brightness_down": _DOWN, "contrast_down": _LESS,
    },
    "tissuemnist": {
        "pixelate": (0.4, 0.3, 0.2, 0.15, 0.1), "jpeg": (25, 20, 15, 10, 7), "impulse_noise": (0.01, 0.015, 0.02, 0.025, 0.03),
        "gaussian_blur": (13, 15, 17, 21, 25), "brightness_up": (1.3, 1.4, 1.5, 1.6, 1.7),
        "brightness_down": (0.8, 0.7, 0.6, 0.5, 0.4), "contrast_up": _MORE, "contrast_down": _LESS,
    },
    "octmnist": {
        "pixelate": _COARSE, "jpeg": (30, 15, 10, 7, 5), "speckle_noise": (0.15, 0.3, 0.4, 0.5, 0.6),
        "defocus_blur": ((0.5, 0.6), (1, 0.5), (1.5, 0.1), (2.0, 0.5), (2.5, 0.1)),
        "motion_blur": ((10, 3), (15, 5), (15, 8), (15, 12), (20, 15)), "contrast_down": (0.6, 0.4, 0.3, 0.2, 0.15),
    },
    "breastmnist": {
        "pixelate": _COARSE, "jpeg": _JPEG, "speckle_noise": (0.1, 0.15, 0.2, 0.25, 0.3),
        "motion_blur": ((5, 5), (9, 7), (9, 10), (13, 10), (17, 12)), "brightness_up": (1.4, 1.5, 1.6, 1.8, 2.0),
        "brightness_down": (0.55, 0.5, 0.45, 0.4, 0.3), "contrast_down": _LESS,
    },
    "chestmnist": {
        "pixelate": _COARSE, "jpeg": _JPEG, "gaussian_noise": (0.04, 0.08, 0.12, 0.18, 0.26),
        "speckle_noise": (0.05, 0.15, 0.2, 0.35, 0.45), "impulse_noise": (0.01, 0.03, 0.06, 0.09, 0.17),
        "shot_noise": (60, 25, 18, 10, 5), "gaussian_blur": (3, 5, 7, 9, 11), "brightness_up": _UP, "brightness_down": _DOWN,
        "contrast_up": _MORE, "contrast_down": _LESS, "gamma_up": _MORE, "gamma_down": _LESS,
    },
    "pneumoniamnist": {
        "pixelate": (0.8, 0.7, 0.6, 0.5, 0.4), "jpeg": _JPEG, "gaussian_noise": (0.04, 0.05, 0.06, 0.07, 0.08),
        "speckle_noise": (0.05, 0.07, 0.1, 0.15, 0.2), "impulse_noise": (0.005, 0.01, 0.013, 0.017, 0.02),
        "shot_noise": (300, 200, 150, 100, 80), "gaussian_blur": (3, 5, 7, 9, 11), "brightness_up": _UP, "brightness_down": _DOWN,
        "contrast_up": _MORE, "contrast_down": _LESS, "gamma_up": _MORE, "gamma_down": _LESS,
    },
    "organamnist": _ORGAN, "organcmnist": _ORGAN, "organsmnist": _ORGAN,
}  # fmt: skip
MEDMNIST_C = tuple(_AMOUNTS)
"""Names of the data sets with a choice of corruptions."""


def medmnist_c(dataset: str) -> dict[str, Corruption]:
    """Return the corruptions of a data set of MedMNIST-C.

    Raises:
        DataError: Another data set.

    Example:
        >>> sorted(medmnist_c("octmnist"))
        ['contrast_down', 'defocus_blur', 'jpeg', 'motion_blur', 'pixelate', 'speckle_noise']
    """
    if dataset not in _AMOUNTS:
        raise DataError(f"MedMNIST-C has no {dataset!r}. {nearest(dataset, _AMOUNTS)}")
    found = []
    for name, amounts in _AMOUNTS[dataset].items():
        group, damage, lengths = _KINDS[name]
        found.append(Corruption(name, group, damage, amounts, _SIDE if lengths else 0))
    return named(*found)

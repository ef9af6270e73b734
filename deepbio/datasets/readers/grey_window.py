"""Grey values beyond 8 bits to bytes, through a window that the user or the file names, never a guessed one."""

from typing import Literal, NamedTuple

import numpy as np

from deepbio.errors import DataError

Window = tuple[float, float] | Literal["full"] | None
Shape = Literal["LINEAR", "LINEAR_EXACT", "SIGMOID"]


class ImageHeader(NamedTuple):
    """The header of a file: whether it is grey, `(height, width)`, its number of images, and whether a window changes it."""

    grey: bool
    size: tuple[int, int]
    frames: int = 1
    windowed: bool = True


def check_window(window: Window) -> Window:
    """Check a window: None, `"full"`, or `(center, width)` in the file's own units.

    Raises:
        DataError: another word, or a width that is not positive and finite.

    Example:
        >>> check_window([40, 400])
        (40.0, 400.0)
    """
    if window is None or window == "full":
        return window
    try:
        center, width = map(float, () if isinstance(window, str) else window)
    except (TypeError, ValueError):
        raise DataError(f"A window of grey values is (center, width) or 'full'; received {window!r}.") from None
    if not (np.isfinite(center) and np.isfinite(width) and width > 0):
        raise DataError(f"A window has a finite center and a positive width; received {window!r}.")
    return center, width


def apply_window(values: np.ndarray, center: float, width: float, shape: Shape = "LINEAR_EXACT") -> np.ndarray:
    """Convert grey values to uint8: 0 below the window, 255 above it, linear (or a sigmoid) and rounded between.

    Args:
        values: Numbers of any shape.
        center: Center of the window.
        width: Width of the window.
        shape: `"LINEAR_EXACT"` runs from `center - width / 2` to `center + width / 2`; `"LINEAR"` is DICOM's older rule for
            whole numbers, half a step to the left and one step narrower; `"SIGMOID"` has no ends.

    Source: DICOM PS3.3, section C.11.2.1.2.

    Example:
        >>> apply_window(np.array([-100, 0, 50, 100, 200]), 50, 100).tolist()
        [0, 0, 128, 255, 255]
    """
    x = np.asarray(values, dtype=np.float64)
    if shape == "SIGMOID":
        fraction = 1 / (1 + np.exp(np.clip(-4 * (x - center) / width, -700, 700)))
    elif shape == "LINEAR" and width == 1:
        fraction = x > center - 0.5
    elif shape == "LINEAR_EXACT" or width < 1:
        fraction = (x - center) / width + 0.5
    else:
        fraction = (x - (center - 0.5)) / (width - 1) + 0.5
    return np.floor(np.clip(fraction, 0, 1) * 255 + 0.5).astype(np.uint8)

"""PNG files of arrays of pixels, as bytes and as addresses inside a page."""

from __future__ import annotations

import base64
import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np


def png_bytes(pixels: np.ndarray, *, optimize: bool = False) -> bytes:
    """Return the PNG file of uint8 pixels.

    Args:
        pixels: Pixels `(height, width, 1 or 3)`.
        optimize: Whether to search for the smallest file, which takes longer.

    Example:
        >>> import numpy as np
        >>> png_bytes(np.zeros((2, 2, 1), np.uint8))[1:4]
        b'PNG'
    """
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels).save(file, "PNG", optimize=optimize)
    return file.getvalue()


def png_address(content: bytes) -> str:
    """Return a PNG file as a `data:` address, for a page without other files.

    Example:
        >>> png_address(b"PNG")
        'data:image/png;base64,UE5H'
    """
    return "data:image/png;base64," + base64.b64encode(content).decode("ascii")

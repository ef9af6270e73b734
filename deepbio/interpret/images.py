"""Attributions of images: integrated gradients, SmoothGrad, occlusion and RISE."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from deepbio.errors import DataError
from deepbio.interpret.arguments import check_between, check_counts, input_shape, output_shape
from deepbio.interpret.targets import key_of, target_function

if TYPE_CHECKING:
    import keras

ImageTarget = Any
"""A target as in `target_function`; a class of masks is explained by its mean logit over the image."""


def image_gradients(
    model: keras.Model,
    x: np.ndarray,
    *,
    target: ImageTarget = None,
    method: str = "integrated_gradients",
    steps: int = 50,
    std: float = 0.1,
    seed: int = 0,
    batch_size: int = 16,
) -> np.ndarray:
    """Compute integrated gradients from a black image, or SmoothGrad, summed over the channels.

    Gradients are taken behind the rescaling of the pixels to 0 to 1.

    Source: Sundararajan et al. 2017, arXiv:1703.01365; Smilkov et al. 2017, arXiv:1706.03825.

    Args:
        model: Image model of deepbio.
        x: uint8 images `(n, height, width, channels)`.
        target: The explained output; see `grad_cam`.
        method: `"integrated_gradients"` or `"smoothgrad"`.
        steps: Number of points of the path, or of noisy copies.
        std: Standard deviation of SmoothGrad's noise on values from 0 to 1.
        seed: Random seed of the noise.
        batch_size: Number of points in one pass.

    Returns:
        float32 `(n, height, width)`. Integrated gradients of an image add up to its output minus that of a black image.
    """
    import tensorflow as tf

    from deepbio.inference.pixels import pixel_function
    from deepbio.inference.replicas import function_of_batches

    if method not in ("integrated_gradients", "smoothgrad"):
        raise DataError(f"method is 'integrated_gradients' or 'smoothgrad'; received {method!r}.")
    check_counts(steps=steps, batch_size=batch_size)
    check_between(0, np.inf, std=std)
    images, explained = as_images(model, x), image_target(model, target)
    random = np.random.Generator(np.random.Philox(seed))
    inner = pixel_function(model)
    alphas = ((np.arange(steps) + 0.5) / steps).astype(np.float32)[:, None, None, None]
    out = np.zeros(images.shape[:3], np.float32)

    def run(values):
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(values)
            y = explained(inner(values))
        return tape.gradient(y, values)

    gradient = function_of_batches(model, run, key=key_of(target, "image_gradients"))
    for i, image in enumerate(images.astype(np.float32) / 255):
        noise = std * random.standard_normal((steps, *image.shape), np.float32) if method == "smoothgrad" else None
        points = alphas * image if noise is None else image + noise
        parts = [gradient(points[k : k + batch_size]) for k in range(0, steps, batch_size)]
        mean = np.concatenate(parts).mean(axis=0)
        out[i] = (mean * image if noise is None else mean).sum(axis=-1)
    return out


def occlusion(
    model: keras.Model,
    x: np.ndarray,
    *,
    target: ImageTarget = None,
    size: int = 7,
    step: int = 2,
    value: int | None = None,
    batch_size: int = 64,
) -> np.ndarray:
    """Compute by how much an output falls if a square is covered: for each pixel the mean over the squares that cover it.

    Source: Zeiler and Fergus 2014, arXiv:1311.2901.

    Args:
        model: Image model of deepbio.
        x: uint8 images `(n, height, width, channels)`.
        target: The explained output; see `grad_cam`.
        size: Side of the square in pixels.
        step: Distance of two squares.
        value: Grey value of the square; None is the mean of each image.
        batch_size: Number of images in one pass.

    Returns:
        float32 `(n, height, width)`.
    """
    check_counts(size=size, step=step, batch_size=batch_size)
    if value is not None:
        check_counts(value=value, minimum=0)
        check_between(0, 255, value=value)
    images, explained = as_images(model, x), image_target(model, target)
    height, width = images.shape[1:3]
    corners = [(r, c) for r in _starts(height, size, step) for c in _starts(width, size, step)]
    out = np.zeros(images.shape[:3], np.float32)
    for i, image in enumerate(images):
        covered = np.repeat(image[None], len(corners) + 1, axis=0)
        fill = np.uint8(image.mean() if value is None else value)
        for one, (r, c) in zip(covered[1:], corners, strict=True):
            one[r : r + size, c : c + size] = fill
        y = _outputs(model, covered, explained, batch_size)
        total, count = np.zeros((height, width)), np.zeros((height, width))
        for fall, (r, c) in zip(y[0] - y[1:], corners, strict=True):
            total[r : r + size, c : c + size] += fall
            count[r : r + size, c : c + size] += 1
        out[i] = total / np.maximum(count, 1)
    return out


def rise(
    model: keras.Model,
    x: np.ndarray,
    *,
    target: ImageTarget = None,
    masks: int = 500,
    cells: int = 7,
    keep: float = 0.5,
    seed: int = 0,
    batch_size: int = 64,
) -> np.ndarray:
    """Compute RISE: the mean of random smooth masks, each weighted by the output for the image that it leaves.

    Source: Petsiuk et al. 2018, arXiv:1806.07421. Outputs are centred here, so values above 0 raise the output.

    Args:
        model: Image model of deepbio.
        x: uint8 images `(n, height, width, channels)`.
        target: The explained output; see `grad_cam`.
        masks: Number of masks.
        cells: Cells of a mask along each side.
        keep: Probability that a cell is kept.
        seed: Random seed of the masks.
        batch_size: Number of images in one pass.

    Returns:
        float32 `(n, height, width)`.
    """
    import tensorflow as tf

    check_counts(masks=masks, cells=cells, batch_size=batch_size)
    if not 0 < keep < 1:
        raise DataError(f"keep is a probability between 0 and 1; received {keep!r}.")
    images, explained = as_images(model, x), image_target(model, target)
    height, width = images.shape[1:3]
    random = np.random.Generator(np.random.Philox(seed))
    grid = (random.random((masks, cells, cells, 1)) < keep).astype(np.float32)
    up = (height + -(-height // cells), width + -(-width // cells))
    large = np.asarray(tf.image.resize(grid, up))[..., 0]
    down, right = random.integers(0, up[0] - height + 1, masks), random.integers(0, up[1] - width + 1, masks)
    smooth = np.stack([large[k, down[k] : down[k] + height, right[k] : right[k] + width] for k in range(masks)])
    out = np.zeros(images.shape[:3], np.float32)
    for i, image in enumerate(images):
        y = _outputs(model, (smooth[..., None] * image).astype(np.uint8), explained, batch_size)
        out[i] = np.tensordot(y - y.mean(), smooth - smooth.mean(axis=0), 1) / masks / (keep * (1 - keep))
    return out


def image_target(model: keras.Model, target: ImageTarget) -> Any:
    """Return the function from outputs to the explained number; a class of a mask is its mean logit over the image."""
    import tensorflow as tf

    if callable(target) or len(output_shape(model)) != 4:
        return target_function(model, target)
    flat = _Flat(model)
    explained = target_function(flat, target)  # type: ignore[arg-type]
    return lambda y: explained(tf.reduce_mean(y, (1, 2)))


class _Flat:
    """The outputs of a model of masks as if each class were one output."""

    def __init__(self, model: keras.Model) -> None:
        from deepbio.zoo import describe
        from deepbio.zoo.record import attach

        self.name, self.output_shape = model.name, (None, model.output_shape[-1])
        attach(self, describe(model))


def _outputs(model: keras.Model, images: np.ndarray, explained: Any, batch_size: int) -> np.ndarray:
    from deepbio.inference.forward import model_outputs

    return np.asarray(explained(model_outputs(model, images, batch_size=batch_size, strategy="auto")))


def as_images(model: keras.Model, x: np.ndarray) -> np.ndarray:
    """Return images after checking that they are uint8 of the model's shape."""
    images, expected = np.asarray(x), input_shape(model)[1:]
    if len(expected) != 3:
        shape = ", ".join(map(str, expected))
        raise DataError(
            f"Expected a model that takes uint8 images (n, height, width, channels); {model.name} takes (n, {shape})."
        )
    if images.ndim != 4 or images.dtype != np.uint8 or not len(images) or not _fits(images.shape[1:], expected):
        shape = ", ".join(map(str, expected))
        raise DataError(f"{model.name} takes uint8 images (n, {shape}); received {images.dtype} {images.shape}.")
    return images


def _fits(shape: tuple[int, ...], expected: tuple[int | None, ...]) -> bool:
    return all(size in (None, own) for own, size in zip(shape, expected, strict=True))


def _starts(length: int, size: int, step: int) -> list[int]:
    if size > length:
        raise DataError(f"Expected a square of 1 to {length} pixels; received size={size}.")
    return sorted({*range(0, length - size + 1, step), length - size})

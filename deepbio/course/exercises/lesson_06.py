"""Checkers of lesson 6: convolution, pooling, invariance."""

from typing import Any

import numpy as np

from deepbio.course.checking import AnswerError, NoAnswerError, array, call, exercise, near


@exercise("6.1", "Convolution by hand")
def convolution(answer: Any) -> str:
    """Compare with SciPy's cross-correlation on a rectangular image and kernel."""
    from scipy.signal import correlate2d

    random = np.random.default_rng(6)
    image, kernel = random.integers(0, 9, (6, 5)).astype(float), random.integers(-3, 4, (3, 2)).astype(float)
    right = correlate2d(image, kernel, mode="valid")
    result = np.asarray(call(answer, image, kernel), dtype=float)
    if result.shape == image.shape:
        raise AnswerError(
            "The result has the shape of the image; without padding it is smaller: (h - k + 1, w - l + 1)."
        )
    if result.shape == (3, 3):
        raise AnswerError("Rows and columns of the kernel are confused: it has 3 rows and 2 columns here.")
    found = array(result, right.shape, "the convolution of a 6 x 5 image with a 3 x 2 kernel")
    if np.allclose(found, correlate2d(image, kernel[::-1, ::-1], mode="valid")):
        raise AnswerError(
            "You flip the kernel, as mathematics does; the formula above, and every deep learning library, does not."
        )
    if np.allclose(found, correlate2d(image, kernel, mode="valid") / kernel.size):
        raise AnswerError("You take the mean of the products; a convolution is their sum.")
    if not np.allclose(found, right):
        raise AnswerError(
            f"Row 0, column 0 should be the sum of kernel * image[:3, :2] = {right[0, 0]:g}; yours is {found[0, 0]:g}."
        )
    return "It equals SciPy's correlate2d."


@exercise("6.2", "Pooling by hand")
def pooling(answer: Any) -> str:
    """Compare with the maxima of blocks on an even and an odd image."""
    random = np.random.default_rng(7)
    for shape in ((4, 6), (5, 7)):
        image = random.normal(size=shape)
        h, w = shape[0] // 2, shape[1] // 2
        blocks = image[: 2 * h, : 2 * w].reshape(h, 2, w, 2)
        result = np.asarray(call(answer, image), dtype=float)
        if result.shape == (shape[0] - 1, shape[1] - 1):
            raise AnswerError("Your blocks overlap: move by two pixels, not by one.")
        found = array(result, (h, w), f"pooling an image of {shape[0]} x {shape[1]}")
        if np.allclose(found, blocks.mean(axis=(1, 3))):
            raise AnswerError("That is the mean of each block; the maximum is asked for.")
        if np.allclose(found, image[: 2 * h : 2, : 2 * w : 2]):
            raise AnswerError("You keep the first pixel of each block; keep the largest of four.")
        if not np.allclose(found, blocks.max(axis=(1, 3))):
            raise AnswerError("At least one block has another maximum.")
    return "Each value is the largest of its block."


@exercise("6.3", "Weights of a dense and of a convolutional layer")
def weights(answer: Any) -> str:
    """Compare with 15,052,900 and 2,800."""
    if any(part is ... for part in answer):
        raise NoAnswerError
    near(
        answer[0],
        224 * 224 * 3 * 100 + 100,
        "weights and biases of the dense layer",
        within=0.5,
        mistakes={
            224 * 224 * 3 * 100: "The biases of the dense layer are missing.",
            224 * 224 * 100 + 100: "A colour image has three channels.",
        },
    )
    near(
        answer[1],
        2800,
        "weights and biases of the convolution",
        within=0.5,
        mistakes={
            2700: "The biases of the convolution are missing: one for each filter.",
            1000: "A filter looks at all three channels: 3 x 3 x 3 weights.",
            900: "A filter looks at all three channels, and has a bias.",
            222 * 222 * 2800: "The weights are shared by all positions: do not count the positions.",
            224 * 224 * 2800: "The weights are shared by all positions: do not count the positions.",
        },
    )
    return "The convolution has 5,376 times fewer."


@exercise("6.4", "An invariant network")
def invariance(answer: Any) -> str:
    """Move a random pattern inside a black field and compare the logits."""
    model: Any = call(answer) if not hasattr(answer, "predict") else answer
    import keras

    if not isinstance(model, keras.Model):
        raise AnswerError(f"Expected a keras.Model; received {type(model).__name__}.")
    if tuple(model.input_shape) != (None, 16, 16, 1) or tuple(model.output_shape) != (None, 10):
        raise AnswerError(
            f"Expected a model from (16, 16, 1) to 10 logits; received {model.input_shape} to {model.output_shape}."
        )
    if not any(isinstance(layer, keras.layers.Conv2D) for layer in model.layers):
        raise AnswerError("Expected at least one convolution.")
    random = np.random.default_rng(8)
    pattern = random.uniform(0.2, 1, (6, 6)).astype("float32")
    fields = np.zeros((9, 16, 16, 1), "float32")
    for k, (down, right) in enumerate(np.ndindex(3, 3)):
        fields[k, 3 + 2 * down : 9 + 2 * down, 3 + 2 * right : 9 + 2 * right, 0] = pattern
    fields[4] = np.roll(fields[0], (1, 3), axis=(0, 1))  # odd shifts, too
    logits = np.asarray(model(fields, training=False))
    change = float(np.abs(logits - logits[0]).max())
    size = max(1e-6, float(np.abs(logits).max()))
    if float(np.abs(logits[0] - np.asarray(model(np.zeros((1, 16, 16, 1), "float32")))).max()) <= 1e-6 * size:
        raise AnswerError("The answer is the same for an empty field: the network does not look at the image.")
    if change <= 1e-4 * size:
        return f"The logits change by at most {change:.0e} when the pattern moves."
    names = [type(layer).__name__ for layer in model.layers]
    if "Flatten" in names:
        raise AnswerError(
            "Flatten keeps the position: each pixel of the last map has weights of its own. Pool over the whole map instead."
        )
    if any(max(getattr(layer, "strides", (1,))) > 1 for layer in model.layers):
        raise AnswerError(
            "A stride or a pooling of 2 x 2 looks at a fixed grid: a shift by one pixel changes the result. Pool once, over all."
        )
    raise AnswerError(f"The logits change by {change:.2g} when the pattern moves. Which layer knows the position?")

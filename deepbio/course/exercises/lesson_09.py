"""Checkers of lesson 9: adversarial examples."""

from typing import Any

import numpy as np

from deepbio.course.checking import AnswerError, array, call, exercise, near


@exercise("9.1", "The smallest perturbation of a linear model")
def smallest(answer: Any) -> str:
    """Compare with |w x + b| / ||w||_1 on both sides of the boundary."""
    random = np.random.default_rng(9)
    w, x = random.normal(size=20), random.uniform(size=20)
    for b in (3.0, -7.0):
        logit = float(w @ x + b)
        size = abs(logit)
        near(
            call(answer, w, b, x),
            size / float(np.abs(w).sum()),
            f"the smallest epsilon at a logit of {logit:.2f}",
            within=1e-9,
            mistakes={
                size
                / float(
                    np.linalg.norm(w)
                ): "That is the Euclidean distance: every pixel may change here, so divide by the sum of |w|.",
                size
                / float(
                    (w**2).sum()
                ): "You divide by the sum of squares; the logit moves by epsilon times the sum of |w|.",
                -size
                / float(np.abs(w).sum()): "A size is not negative: the sign of the logit only decides the direction.",
                size / float(np.abs(w).max()): "That changes one pixel alone; all of them may change.",
                abs(float(w @ x)) / float(np.abs(w).sum()): "The bias b is missing in the logit.",
            },
        )
    return "The distance is the logit divided by the sum of the absolute weights."


@exercise("9.2", "The step of FGSM")
def fgsm(answer: Any) -> str:
    """Look at direction, size and range of the step."""
    x = np.array([[0.5, 0.02, 0.98], [0.4, 0.6, 0.3]])
    gradient = np.array([[0.001, -3.0, 2.0], [-0.2, 0.0, 5.0]])
    found = array(call(answer, x, gradient, 0.1), x.shape, "the image after the step")
    right = np.clip(x + 0.1 * np.sign(gradient), 0, 1)
    if np.allclose(found, np.clip(x - 0.1 * np.sign(gradient), 0, 1)):
        raise AnswerError("Downhill: that makes the right class more probable. An attack makes the loss larger.")
    if found.min() < 0 or found.max() > 1:
        raise AnswerError(f"Pixels from {found.min():.2f} to {found.max():.2f}: keep them between 0 and 1.")
    if np.allclose(found, np.clip(x + 0.1 * gradient, 0, 1)):
        raise AnswerError(
            "The step follows the gradient's size; FGSM takes its sign, so that every pixel uses the whole epsilon."
        )
    if not np.allclose(found, right):
        raise AnswerError(
            f"The largest change is {np.abs(found - x).max():.3f} and a pixel differs from the step of FGSM."
        )
    return "Every pixel with a gradient moved by epsilon, uphill, and stayed between 0 and 1."


@exercise("9.3", "The projection of PGD")
def project(answer: Any) -> str:
    """Look at the box around the original and at the range of pixels."""
    original = np.array([0.05, 0.5, 0.95, 0.5, 0.3])
    moved = np.array([-0.4, 0.9, 1.4, 0.55, 0.29])
    found = array(call(answer, moved, original, 0.1), original.shape, "the projected image")
    if np.abs(found - original).max() > 0.1 + 1e-9:
        raise AnswerError(
            f"A pixel differs from the original by {np.abs(found - original).max():.2f}, more than epsilon = 0.1."
        )
    if found.min() < 0 or found.max() > 1:
        raise AnswerError("A pixel is below 0 or above 1: the result must be an image, too.")
    if not np.allclose(found[3:], moved[3:]):
        raise AnswerError("A pixel that was inside the box has moved: the nearest point to it is itself.")
    if not np.allclose(found, [0.0, 0.6, 1.0, 0.55, 0.29]):
        raise AnswerError("Inside the box, but not the nearest point to `moved`.")
    return "Inside the box, inside the range, and nothing else has moved."

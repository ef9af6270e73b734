"""Checkers of lesson 7: sizes and weights of convolutional layers."""

import math
from typing import Any

from deepbio.course.checking import call, exercise, near


@exercise("7.1", "The side of the output")
def side(answer: Any) -> str:
    """Try layers of AlexNet, VGG and ResNet, and one that does not come out even."""
    for n, kernel, stride, padding in ((227, 11, 4, 0), (27, 5, 1, 2), (55, 3, 2, 0), (224, 7, 2, 3), (224, 11, 4, 0)):
        right = (n - kernel + 2 * padding) // stride + 1
        exact = (n - kernel + 2 * padding) / stride + 1
        mistakes = {
            float(right - 1): "One position is missing: a window that fits once has one position, so add 1.",
            float((n - kernel + padding) // stride + 1): "Padding is added on both sides: 2p.",
            float(math.ceil(exact)): "Round down: a window that does not fit is not computed.",
            exact: "Round down to an integer: a window that does not fit is not computed.",
            float((n - kernel) // stride + 1): "The padding is missing.",
        }
        near(
            call(answer, n, kernel, stride, padding),
            right,
            f"the side for n = {n}, a kernel of {kernel}, stride {stride}, padding {padding}",
            within=1e-9,
            mistakes=mistakes,
        )
    return "It is right for layers of AlexNet and ResNet, and rounds down."


@exercise("7.2", "Weights of a grouped convolution")
def grouped(answer: Any) -> str:
    """Try convolutions with one, two and four groups."""
    for kernel, channels, filters, groups in ((11, 3, 96, 1), (5, 96, 256, 2), (3, 64, 128, 4)):
        products = kernel * kernel * channels * filters
        near(
            call(answer, kernel, channels, filters, groups),
            products // groups + filters,
            f"weights and biases for a kernel of {kernel}, {channels} channels, {filters} filters, {groups} group(s)",
            within=0.5,
            mistakes={
                products / groups: "The biases are missing: one for each filter.",
                products + filters: "The groups have no effect: each filter looks at channels / groups channels.",
                products / groups**2
                + filters: "Divided twice: the filters of all groups together are `filters`, only their channels are fewer.",
                products / groups + filters / groups: "Each filter has a bias, in whichever group it is.",
                kernel * channels * filters / groups + filters: "The kernel is a square: k times k.",
            },
        )
    return "Each filter looks at its group's channels only."


@exercise("7.3", "AlexNet without groups")
def undivided(answer: Any) -> str:
    """Compare with 62,378,344."""
    near(
        answer,
        62_378_344,
        "weights and biases with groups=1",
        within=0.5,
        mistakes={
            60_965_224: "That is AlexNet with two groups.",
            62_378_344 - 9_568 - 784: "The biases are missing.",
            63_791_464: "You doubled the wrong number: the three divided layers double their weights, once.",
            3_747_200: "Those are the convolutions alone; add the dense layers.",
        },
    )
    return "Dividing three layers saved 1,413,120 weights."

"""Answers to the exercises of lesson 12."""

import numpy as np

RIGHT = {
    "12.1": lambda gradients, sizes: np.average(gradients, axis=0, weights=sizes),
    "12.2": 6.25,
    "12.3": lambda n, replicas: [n // replicas + (k < n % replicas) for k in range(replicas)],
}
WRONG = {
    "12.1": [
        (lambda gradients, sizes: np.mean(gradients, axis=0), "A mean of means"),
        (lambda gradients, sizes: np.sum(gradients, axis=0), "a mean already"),
        (lambda gradients, sizes: sum(n * g for n, g in zip(sizes, gradients, strict=True)), "Divide by the number"),
        (lambda gradients, sizes: gradients[0], "differs by"),
    ],
    "12.2": [(8, "Only 96%"), (25, "any number of devices"), (7.68, "time does"), (0.16, "its inverse")],
    "12.3": [
        (lambda n, replicas: [n // replicas] * replicas, "are lost"),
        (lambda n, replicas: [n / replicas] * replicas, "cannot be divided"),
        (
            lambda n, replicas: [n // replicas] * (replicas - 1) + [n - n // replicas * (replicas - 1)],
            "as equal as possible",
        ),
        (lambda n, replicas: [n], "expected 4 numbers"),
    ],
}

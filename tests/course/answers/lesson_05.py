"""Answers to the exercises of lesson 5."""

RIGHT = {"5.1": 7510, "5.2": lambda W1, b1, W2, b2: (W1 @ W2, b1 @ W2 + b2), "5.3": 0.05}
WRONG = {
    "5.1": [(7400, "biases are missing"), (6500, "output layer"), (174, "multiply"), (8000, "too large")],
    "5.2": [
        (lambda W1, b1, W2, b2: (W1 @ W2, b2), "lacks the first bias"),
        (lambda W1, b1, W2, b2: ((W1 @ W2).T, b1 @ W2 + b2), "the transpose"),
        (lambda W1, b1, W2, b2: (W1 @ W2, b1 @ W2), "apply both layers to x = 0"),
        (lambda W1, b1, W2, b2: (W1 @ W2 + 1, b1 @ W2 + b2), "without biases"),
    ],
    "5.3": [(0.025, "in one step"), (2, "the flat direction"), (2 / 41, "do not add up"), (0.1, "too large")],
}

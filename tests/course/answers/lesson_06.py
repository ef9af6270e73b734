"""Answers to the exercises of lesson 6."""

import numpy as np


def convolve(image, kernel):
    k, w = kernel.shape
    rows, columns = image.shape[0] - k + 1, image.shape[1] - w + 1
    return np.array([[np.sum(kernel * image[i : i + k, j : j + w]) for j in range(columns)] for i in range(rows)])


def blocks(image):
    h, w = image.shape[0] // 2, image.shape[1] // 2
    return image[: 2 * h, : 2 * w].reshape(h, 2, w, 2)


def network(*, flatten=False, strides=1, convolution=True, channels=1):
    def build():
        import keras

        inputs = keras.Input((16, 16, channels))
        x = (
            keras.layers.Conv2D(4, 3, strides=strides, padding="same", activation="relu")(inputs)
            if convolution
            else inputs
        )
        x = keras.layers.Flatten()(x) if flatten else keras.layers.GlobalMaxPooling2D()(x)
        return keras.Model(inputs, keras.layers.Dense(10)(x))

    return build


RIGHT = {
    "6.1": convolve,
    "6.2": lambda image: blocks(image).max(axis=(1, 3)),
    "6.3": (15_052_900, 2_800),
    "6.4": network(),
}
WRONG = {
    "6.1": [
        (lambda image, kernel: convolve(image, kernel[::-1, ::-1]), "You flip the kernel"),
        (lambda image, kernel: np.pad(convolve(image, kernel), ((1, 1), (1, 0))), "without padding it is smaller"),
        (lambda image, kernel: convolve(image, kernel) / kernel.size, "their sum"),
        (lambda image, kernel: convolve(image, kernel) + 1, "Row 0, column 0"),
    ],
    "6.2": [
        (lambda image: blocks(image).mean(axis=(1, 3)), "That is the mean"),
        (lambda image: convolve(image, np.ones((2, 2))), "Your blocks overlap"),
        (lambda image: blocks(image)[:, 0, :, 0], "largest of four"),
        (lambda image: image, "Expected shape (2, 3)"),
    ],
    "6.3": [
        ((15_052_800, 2_800), "biases of the dense"),
        ((15_052_900, 1_000), "all three channels"),
        ((15_052_900, 2_800 * 224 * 224), "shared by all positions"),
        ((15_052_900, 2_700), "biases of the convolution"),
    ],
    "6.4": [
        (network(flatten=True), "Flatten keeps the position"),
        (network(strides=2), "a fixed grid"),
        (network(convolution=False), "at least one convolution"),
        (network(channels=3), "Expected a model from (16, 16, 1)"),
    ],
}

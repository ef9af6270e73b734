# %% [markdown]
# # 6. Images are arrays: why the MLP fails when the dog moves
#
# After this lesson, you can
#
# - treat an image as an array, and compute a convolution and a pooling by hand;
# - distinguish equivariance from invariance;
# - measure how much accuracy a network loses when the object moves, with an interval;
# - explain which part of a convolutional network makes it indifferent to position.
#
# You need: lesson 5. Time: 60 minutes.

# %%
import keras
import matplotlib.pyplot as plt
import numpy as np

import deepbio
from deepbio.course import check
from deepbio.datasets.build import from_arrays
from deepbio.metrics import accuracy, bootstrap

# %% [markdown]
# ## An image is an array
#
# A grey image is a matrix of bytes, a colour image has three of them. An MLP sees a vector: pixel 37 is always input 37, with a
# weight of its own. Move the dog in a photograph by one pixel, and every input changes. What the network learnt about an ear at
# the left, it does not know about an ear at the right.
#
# We measure it with digits instead of dogs: a digit of 8 × 8 pixels in the middle of an empty field of 16 × 16, and later
# elsewhere.

# %%
digits = deepbio.load_dataset("digits")


def on_field(images, down=0, right=0):
    """Put images of 8 x 8 pixels into a black field of 16 x 16, moved from the middle by some pixels."""
    field = np.zeros((len(images), 16, 16, 1), np.uint8)
    field[:, 4 + down : 12 + down, 4 + right : 12 + right] = images
    return field


parts = {name: (on_field(np.asarray(split.x)), np.asarray(split.y)) for name, split in digits.splits()}
x = np.concatenate([images for images, _ in parts.values()])
y = np.concatenate([labels for _, labels in parts.values()])
where = np.repeat(list(parts), [len(labels) for _, labels in parts.values()])
centred = from_arrays(x, y, modality="image", kind="multiclass", split=where, name="centred_digits")
print(centred)

# %% [markdown]
# ## Convolution and pooling
#
# A **convolution** moves one small filter over the image and computes a dot product at every position: the same weights
# everywhere. (What deep learning calls a convolution does not flip the filter; a mathematician would say cross-correlation.)
#
# $$Y_{ij} = \sum_{a, b} K_{ab}\, X_{i+a,\, j+b}$$
#
# If the image moves by one pixel, so does the result: convolution is **equivariant**. **Pooling** then keeps the largest value of
# each block, and forgets where in the block it was. A maximum over the whole image forgets the position altogether: it is
# **invariant**. Fukushima built such alternating layers in 1980 [1], LeCun trained them by back-propagation [2].
#
# ### Exercise 6.1: convolution by hand
#
# Write `convolve(image, kernel)` for two matrices, without padding: an image of $(h, w)$ and a kernel of $(k, l)$ result in
# $(h - k + 1, w - l + 1)$.


# %%
def convolve(image, kernel):
    return ...


check("6.1", convolve)

# %% [markdown]
# ### Exercise 6.2: pooling by hand
#
# Write `max_pool(image)` for blocks of 2 × 2 without overlap. An odd last row or column is dropped, as Keras does with
# `padding="valid"`.


# %%
def max_pool(image):
    return ...


check("6.2", max_pool)

# %% Three filters on a digit: horizontal edges, vertical edges and a blur, each a matrix of 3 by 3 weights
filters = {
    "horizontal edges": np.array([[1, 1, 1], [0, 0, 0], [-1, -1, -1]]),
    "vertical edges": np.array([[1, 0, -1], [1, 0, -1], [1, 0, -1]]),
    "blur": np.ones((3, 3)) / 9,
}
image = parts["test"][0][3].astype("float32") / 255
figure, grid = plt.subplots(1, 4, figsize=(10, 2.8))
grid[0].imshow(image[..., 0], cmap="gray")
grid[0].set_title("image")
for axes, (name, kernel) in zip(grid[1:], filters.items(), strict=True):
    result = keras.ops.conv(image[None], kernel.astype("float32")[..., None, None], padding="valid")
    axes.imshow(np.asarray(result)[0, ..., 0], cmap="RdBu_r", vmin=-3, vmax=3)
    axes.set_title(name)
for axes in grid:
    axes.axis("off")
plt.show()

# %% [markdown]
# ## The experiment
#
# Both networks are trained on centred digits only. `image_cnn` has four convolutions, one pooling, and a mean over the whole
# image at the end. Then we move the test digits.

# %%
models = {}
for name, options in {"mlp": {}, "image_cnn": {"filters": (16, 32)}}.items():
    models[name] = deepbio.get_model(name, dataset=centred, seed=0, **options)
    deepbio.fit(models[name], centred, seed=0, epochs=20)
    weights = models[name].count_params()
    print(
        f"{name:<10}{weights:>7,} weights, centred test digits: {deepbio.evaluate(models[name], centred.test)['accuracy']}"
    )

# %%
images, labels = np.asarray(digits.test.x), np.asarray(digits.test.y)
shifts = range(-4, 5)
curves = {
    name: [np.mean(np.argmax(deepbio.predict(model, on_field(images, right=s)), axis=1) == labels) for s in shifts]
    for name, model in models.items()
}

# %% Accuracy on test digits moved sideways: that of the MLP falls steeply with each pixel, that of the CNN stays high
figure, (left, right) = plt.subplots(1, 2, figsize=(9.5, 3.6))
left.imshow(np.hstack([on_field(images[3:4], right=s)[0, ..., 0] for s in (-4, 0, 4)]), cmap="gray")
left.set(title="moved by -4, 0 and 4 pixels", xticks=[], yticks=[])
for name, marker in (("mlp", "s"), ("image_cnn", "o")):
    right.plot(shifts, curves[name], marker=marker, label=name)
right.axhline(0.1, color="0.6", ls=":", label="guessing")
right.set(xlabel="shift to the right, in pixels", ylabel="accuracy", ylim=(0, 1.03))
right.legend()
plt.show()

# %% [markdown]
# ### The gap, with an interval
#
# Each test digit is moved by 3 pixels in a random direction. For each digit and network we note whether the answer was right
# before and after. The *loss* of a network is the difference of the two accuracies, the *gap* is the loss of the MLP minus that
# of the CNN. All four are measured on the same digits, so we resample digits: a paired bootstrap.

# %%
random = np.random.default_rng(0)
direction = random.integers(0, 4, len(images))
moved = np.zeros((len(images), 16, 16, 1), np.uint8)
for k, (down, right) in enumerate(((3, 0), (-3, 0), (0, 3), (0, -3))):
    moved[direction == k] = on_field(images[direction == k], down, right)


def correct(model, pixels):
    return (np.argmax(deepbio.predict(model, pixels), axis=1) == labels).astype(float)


losses = {name: correct(model, on_field(images)) - correct(model, moved) for name, model in models.items()}
difference = losses["mlp"] - losses["image_cnn"]
resampled = [random.choice(difference, len(difference)).mean() for _ in range(2000)]
low, high = np.quantile(resampled, [0.025, 0.975])
for name, loss in losses.items():
    print(f"{name:<10}loses {loss.mean():.3f}")
print(f"shift gap {difference.mean():.3f} [{low:.3f}, {high:.3f}]")
by_library = bootstrap(accuracy, labels, np.asarray(deepbio.predict(models["image_cnn"], moved)))
print("accuracy of image_cnn on moved digits:", by_library)

# %% [markdown]
# The interval is far from zero. The CNN is not perfectly indifferent either: near the border the padding differs, and pooling
# looks at blocks of a fixed grid. Zhang [3] shows how a blur before subsampling repairs the second.
#
# ### Exercise 6.3: weights of a layer
#
# An image of 224 × 224 × 3 goes into (a) a dense layer of 100 units, (b) a convolution with 100 filters of 3 × 3. How many
# weights and biases has each? Answer with a pair.

# %%
dense_weights, convolution_weights = ..., ...
check("6.3", (dense_weights, convolution_weights))

# %% [markdown]
# ### Exercise 6.4: build an invariant network
#
# Build a `keras.Model` from images of `(16, 16, 1)` to 10 logits whose answer **does not change at all** (to rounding) if a digit
# is moved inside a black field, as long as it stays 3 pixels away from the border. It must have at least one convolution. The
# checker moves digits.


# %%
def invariant_network():
    return ...


check("6.4", invariant_network)

# %% [markdown]
# ## What to remember
#
# - Sharing weights over positions makes a layer equivariant; pooling over positions makes it invariant.
# - The same architecture also needs far fewer weights.
# - A statement about robustness is a measurement: say what was moved, by how much, on how many examples, with which interval.
#
# To try it by hand, `deepbio course widgets -o widgets` writes pages that need no network. For this lesson:
# `convolution.html` and `shift.html`.
#
# ## References
#
# 1. Fukushima K (1980). Neocognitron. Biological Cybernetics 36:193–202.
#    [doi:10.1007/BF00344251](https://doi.org/10.1007/BF00344251)
# 2. LeCun Y, Bottou L, Bengio Y, Haffner P (1998). Gradient-based learning applied to document recognition. Proc IEEE 86:2278–2324.
#    [doi:10.1109/5.726791](https://doi.org/10.1109/5.726791)
# 3. Zhang R (2019). Making convolutional networks shift-invariant again. ICML.
#    [doi:10.48550/arXiv.1904.11486](https://doi.org/10.48550/arXiv.1904.11486)

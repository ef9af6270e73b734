# %% [markdown]
# # 8. Augmentation
#
# After this lesson, you can
#
# - choose changes of an example that keep its meaning, and refuse those that alter it;
# - train with augmentation, and measure what it gains on data that move;
# - mix two examples and their labels;
# - average predictions over changed copies of a test example.
#
# You need: lessons 6 and 7. Time: 45 minutes.

# %%
import matplotlib.pyplot as plt
import numpy as np
import tensorflow as tf

import deepbio
from deepbio.augment import augmentation
from deepbio.course import check
from deepbio.datasets import Split
from deepbio.datasets.build import from_arrays

# %% [markdown]
# ## More data from the same data
#
# AlexNet saw each photograph as random crops of 224 × 224 out of 256 × 256 pixels and their mirror images: 2,048 versions of
# each. Without this, its authors wrote, overfitting would have forced them to a much smaller network [1]. Augmentation teaches a
# network which changes do **not** matter.
#
# Which changes those are, no network can know. You must: a mirror image of a cell is a cell; a mirror image of a chest X-ray has
# the heart on the wrong side; a mirror image of a 2 is not a digit. DNA has its own: the reverse complement is the same molecule,
# read from the other strand.
#
# ### Exercise 8.1: does the meaning stay?
#
# True or False for each: the label stays right after this change.
#
# - a: rotating a photograph of a blood cell by 90 degrees; label: the type of the cell.
# - b: mirroring a chest X-ray; label: is the heart on the right (situs inversus)?
# - c: turning a handwritten 6 by 180 degrees; label: the digit.
# - d: the reverse complement of a promoter's sequence; label: is it bound by a factor, on either strand?
# - e: shifting a window by 5 bases; label: is there a splice donor exactly in its middle?

# %%
a, b, c, d, e = ..., ..., ..., ..., ...
check("8.1", (a, b, c, d, e))

# %% [markdown]
# ## Look before you train
#
# In deepbio, augmentation is a list of operations with options. It is applied inside the compiled step, on the device, and every
# random number is a function of the seed and the step: a run repeats. Look at a sheet of examples first, always. The digits are
# on a field of 16 × 16 as in lesson 6.

# %%
digits = deepbio.load_dataset("digits")


def on_field(images, down=0, right=0):
    field = np.zeros((len(images), 16, 16, 1), np.uint8)
    field[:, 4 + down : 12 + down, 4 + right : 12 + right] = images
    return field


few = 300  # training digits: augmentation matters most where data are scarce
kept = [np.arange(few), np.arange(len(digits.valid.y)), np.arange(len(digits.test.y))]
images = [on_field(np.asarray(split.x)[k]) for (_, split), k in zip(digits.splits(), kept, strict=True)]
labels = [np.asarray(split.y)[k] for (_, split), k in zip(digits.splits(), kept, strict=True)]
where = np.repeat(["train", "valid", "test"], [len(part) for part in labels])
data = from_arrays(
    np.concatenate(images), np.concatenate(labels), modality="image", kind="multiclass", split=where, name="few_digits"
)

operations = [{"shift": {"factor": 0.2}}, {"rotate": {"degrees": 10}}]
augment = augmentation(operations, data.input, data.task)
assert augment is not None
first = np.repeat(np.asarray(data.train.x[np.arange(6)]), 5, axis=0)

# %% Six digits in the first column, each with four random shifts and rotations: still the same digits
position = [0, 0, 0, 0, 0]  # seed, epoch, step, replica, part of a batch: they determine every random number
changed = np.array(augment(tf.constant(first), tf.zeros(len(first), tf.int32), position).x)
changed[::5] = first[::5]
figure, grid = plt.subplots(6, 5, figsize=(5, 6))
for axes, picture in zip(grid.ravel(), changed, strict=True):
    axes.imshow(np.squeeze(picture), cmap="gray", vmin=0, vmax=255)
    axes.axis("off")
plt.show()

# %% [markdown]
# ## What it gains
#
# The same MLP is trained on 300 centred digits with and without shifts. The MLP has no idea of position (lesson 6); augmentation
# can teach it one. We test on centred digits, and on digits that are moved by up to 3 pixels.

# %%
random = np.random.default_rng(0)
test_images, test_labels = np.asarray(digits.test.x), np.asarray(digits.test.y)
moved = np.concatenate([on_field(test_images[i : i + 1], *random.integers(-3, 4, 2)) for i in range(len(test_images))])
results, models = {}, {}
for name, model_name, chosen in (
    ("mlp", "mlp", None),
    ("mlp, shifts", "mlp", [{"shift": {"factor": 0.2}}]),
    ("image_cnn", "image_cnn", None),
    ("image_cnn, shifts", "image_cnn", [{"shift": {"factor": 0.2}}]),
):
    options: dict = {"filters": (16, 32)} if model_name == "image_cnn" else {}
    models[name] = model = deepbio.get_model(model_name, dataset=data, seed=0, **options)
    deepbio.fit(model, data, seed=0, epochs=60, augment=chosen)
    results[name] = (
        deepbio.evaluate(model, data.test, metrics=["accuracy"])["accuracy"],
        deepbio.evaluate(model, Split(moved, test_labels), metrics=["accuracy"])["accuracy"],
    )
    print(f"{name:<20}centred {results[name][0]}   moved {results[name][1]}")

# %% Accuracy with 95% intervals on centred and on moved digits: shifts in training raise the accuracy on moved digits of both networks
figure, axes = plt.subplots(figsize=(7.5, 3.6))
for k, (label, colour) in enumerate((("centred", "tab:blue"), ("moved by up to 3 pixels", "tab:orange"))):
    found = [pair[k] for pair in results.values()]
    values = np.array([x.value for x in found])
    errors = np.array([[x.value - x.low, x.high - x.value] for x in found]).T
    axes.errorbar(np.arange(4) + 0.1 * k, values, yerr=errors, fmt="o", color=colour, capsize=3, label=label)
axes.set(xticks=range(4), xticklabels=list(results), ylabel="accuracy", ylim=(0, 1.02))
axes.legend(loc="lower right")
plt.show()

# %% [markdown]
# The MLP pays for it: its 100 hidden units must now know every digit at every position, so it is worse on centred ones. The CNN
# hardly pays.
#
# Two roads lead to the same end: build the invariance in (lesson 6), or show it by examples. The first needs fewer data; the
# second works for changes that no layer was built for.
#
# ## Mixing two examples
#
# MixUp [2] trains on weighted means: $\tilde x = \lambda x_1 + (1 - \lambda) x_2$ with the label $\tilde y = \lambda y_1 + (1 -
# \lambda) y_2$, where $y$ is in one-hot form. The network learns to change its mind gradually.
#
# ### Exercise 8.2: MixUp
#
# Write `mixup(x1, y1, x2, y2, weight, classes)`: two images and two class numbers; return the mixed image and the mixed label, a
# vector of `classes` probabilities.


# %%
def mixup(x1, y1, x2, y2, weight, classes):
    return ..., ...


check("8.2", mixup)

# %% [markdown]
# ## DNA: the reverse complement
#
# A pairs with T and C with G, and the other strand runs backwards. In one-hot form with the columns A, C, G, T, the reverse
# complement is two reversals.
#
# ### Exercise 8.3: the reverse complement in one line
#
# Write `reverse_complement(one_hot)` for an array of shape `(length, 4)`.


# %%
def reverse_complement(one_hot):
    return ...


check("8.3", reverse_complement)

# %% [markdown]
# ## At test time
#
# Predict several changed copies and average the probabilities: test-time augmentation. In deepbio it is one argument.

# %%
for tta in (None, "shift"):
    found = deepbio.evaluate(models["image_cnn"], Split(moved, test_labels), metrics=["accuracy", "log_loss"], tta=tta)
    print(f"test-time augmentation {tta!s:<6} accuracy {found['accuracy']}, log loss {found['log_loss']}")

# %% [markdown]
# ## What to remember
#
# - Augmentation states which changes do not matter. It is knowledge about the subject, not a setting.
# - Look at a sheet of augmented examples, with their labels, before you train.
# - Never augment the validation and test splits, except to average over copies of one example.
#
# ## References
#
# 1. Krizhevsky A, Sutskever I, Hinton GE (2012, reprinted 2017). ImageNet classification with deep convolutional neural networks.
#    Commun ACM 60(6):84–90. [doi:10.1145/3065386](https://doi.org/10.1145/3065386)
# 2. Zhang H, Cisse M, Dauphin YN, Lopez-Paz D (2018). mixup: beyond empirical risk minimization. ICLR.
#    [doi:10.48550/arXiv.1710.09412](https://doi.org/10.48550/arXiv.1710.09412)
# 3. Lee NK, Tang Z, Toneyan S, Koo PK (2023). EvoAug: improving generalization and interpretability of genomic deep neural
#    networks with evolution-inspired data augmentations. Genome Biology 24:105.
#    [doi:10.1186/s13059-023-02941-w](https://doi.org/10.1186/s13059-023-02941-w)

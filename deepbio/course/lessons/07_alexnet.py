# %% [markdown]
# # 7. AlexNet and ImageNet
#
# After this lesson, you can
#
# - compute the output size, the weights and the multiplications of any convolutional layer;
# - walk through AlexNet layer by layer and arrive at its exact number of weights;
# - say which layers contain the weights and which do the work;
# - explain what the two groups, the rectified units and dropout were for.
#
# You need: lesson 6. Time: 60 minutes.

# %%
import matplotlib.pyplot as plt
import numpy as np

import deepbio
from deepbio.course import check

# %% [markdown]
# ## September 2012
#
# ImageNet's yearly contest [1] asked for one of 1,000 classes for each of 100,000 photographs, after learning from 1.2 million. A
# program could name five classes; it erred if the right one was not among them. In 2012 the second-best team erred on 26.2% of
# the test images. Krizhevsky, Sutskever and Hinton erred on 15.3%, with the mean of seven networks of the kind below [2]. Two
# years later, nearly every entry was a convolutional network.
#
# Its ideas were old: convolution and pooling (lesson 6), back-propagation (lesson 4). New were the size, two graphics cards, a
# million labelled photographs, and a few tricks that are still in use.

# %%
model = deepbio.get_model("alexnet", input_shape=(227, 227, 3), outputs=1000, seed=0)
print(f"{model.count_params():,} weights")

# %% [markdown]
# ## Layer by layer
#
# A convolution with a kernel of $k \times k$, stride $s$ and padding $p$ turns a side of $n$ pixels into
#
# $$\left\lfloor \frac{n - k + 2p}{s} \right\rfloor + 1 .$$
#
# The article states an input of 224 × 224, with which the first layer does not come out even; with 227, it does: $(227 - 11)/4 +
# 1 = 55$.
#
# ### Exercise 7.1: the side of the output
#
# Write `side(n, kernel, stride, padding)`.


# %%
def side(n, kernel, stride, padding):
    return ...


check("7.1", side)

# %% [markdown]
# A filter looks at all channels below, so a convolution has $k \cdot k \cdot c_\text{in} \cdot c_\text{out}$ weights and
# $c_\text{out}$ biases. **In two groups**, each half of the filters looks at half of the channels only. AlexNet was too large for
# the 3 GB of one card, so its second, fourth and fifth convolution were divided, and each card needed to know only its own half.
#
# ### Exercise 7.2: weights of a grouped convolution
#
# Write `convolution_weights(kernel, channels, filters, groups)`: weights and biases.


# %%
def convolution_weights(kernel, channels, filters, groups):
    return ...


check("7.2", convolution_weights)

# %% [markdown]
# Here is the whole network as a table. Every row is computed from the two formulas, and the sum is compared with the model above.

# %%
LAYERS = [  # name, kind, side, kernel, channels below, filters or units, groups
    ("conv 1", "conv", 55, 11, 3, 96, 1),
    ("conv 2", "conv", 27, 5, 96, 256, 2),
    ("conv 3", "conv", 13, 3, 256, 384, 1),
    ("conv 4", "conv", 13, 3, 384, 384, 2),
    ("conv 5", "conv", 13, 3, 384, 256, 2),
    ("dense 6", "dense", 1, 1, 6 * 6 * 256, 4096, 1),
    ("dense 7", "dense", 1, 1, 4096, 4096, 1),
    ("dense 8", "dense", 1, 1, 4096, 1000, 1),
]
names, weights, work = [], [], []
print(f"{'layer':<9}{'output':>14}{'weights':>13}{'multiplications':>18}")
for name, kind, n, kernel, below, filters, groups in LAYERS:
    products = kernel * kernel * (below // groups) * filters
    names.append(name)
    weights.append(products + filters)
    work.append(n * n * products)
    shape = f"{n} x {n} x {filters}" if kind == "conv" else str(filters)
    print(f"{name:<9}{shape:>14}{weights[-1]:>13,}{work[-1]:>18,}")
print(f"{'sum':<9}{'':>14}{sum(weights):>13,}{sum(work):>18,}")
print("equals the model:", sum(weights) == model.count_params())
dense = sum(weights[5:]) / sum(weights)
print(f"dense layers: {dense:.1%} of the weights, {sum(work[5:]) / sum(work):.1%} of the multiplications")

# %% Weights and multiplications by layer: the three dense layers contain nearly all weights, the five convolutions do nearly all work
figure, (left, right) = plt.subplots(1, 2, figsize=(10, 3.4), sharey=True)
colours = ["tab:blue"] * 5 + ["tab:orange"] * 3
left.barh(names, np.array(weights) / 1e6, color=colours)
left.set(xlabel="weights, millions", title=f"{sum(weights):,} in all")
right.barh(names, np.array(work) / 1e6, color=colours)
right.set(xlabel="multiplications, millions", title=f"{sum(work) / 1e6:.0f} million in all")
left.invert_yaxis()
plt.show()

# %% [markdown]
# The convolutions share their weights over thousands of positions: few weights, much work. The dense layers are the opposite.
# This is why later networks end with a mean over the map instead (lesson 6), and have a tenth of the weights.
#
# ### Exercise 7.3: without groups
#
# How many weights and biases would AlexNet have with `groups=1` everywhere? Compute it; the checker says whether it is right.

# %%
undivided = ...
check("7.3", undivided)

# %% [markdown]
# ## Three tricks
#
# **Rectified units.** The slope of a tanh or sigmoid vanishes for large inputs; that of $\max(0, z)$ is 1 wherever the unit is
# active. In the article, a small network reached the same training error six times sooner. What is left of an error after it has
# passed back through 20 layers of 100 units?


# %%
def error_that_arrives(activation, slope, scale, layers=20, units=100):
    """Send a random error back through random layers; return its size after each, relative to the last."""
    random = np.random.default_rng(0)
    x, kept = random.normal(size=units), []
    for _ in range(layers):
        W = random.normal(0, scale / np.sqrt(units), (units, units))
        z = W @ x
        kept.append((W, slope(z)))
        x = activation(z)
    error = random.normal(size=units)
    sizes = [np.linalg.norm(error)]
    for W, local in reversed(kept):
        error = W.T @ (error * local)
        sizes.append(np.linalg.norm(error))
    return np.array(sizes) / sizes[0]


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


kinds = {
    "sigmoid": error_that_arrives(sigmoid, lambda z: sigmoid(z) * (1 - sigmoid(z)), 1.0),
    "tanh": error_that_arrives(np.tanh, lambda z: 1 - np.tanh(z) ** 2, 1.0),
    "relu": error_that_arrives(lambda z: np.maximum(z, 0), lambda z: (z > 0) * 1.0, np.sqrt(2)),
}
for name, sizes in kinds.items():
    print(f"{name:<8} {sizes[-1]:.1e} of the error arrives at the first layer")

# %% Size of an error sent back through 20 random layers: it vanishes with sigmoids, shrinks with tanh and keeps its size with relu
figure, axes = plt.subplots(figsize=(6, 3.6))
for name, sizes in kinds.items():
    axes.semilogy(sizes, label=name)
axes.set(xlabel="layers passed on the way back", ylabel="relative size of the error")
axes.legend()
plt.show()

# %% [markdown]
# The weights of the rectified layers are scaled by $\sqrt{2 / n}$, because half of the units are silent (He et al. [3]).
#
# **Dropout.** During training, each unit of the dense layers is silent with probability one half, so that no unit can rely on
# another. At test time all of them speak, scaled so that the mean is the same. Without it, the authors report, the network
# overfits substantially; with it, training takes about twice as many steps.
#
# **Augmentation.** Random crops, mirror images and colours: the next lesson.

# %%
random = np.random.default_rng(0)
activation = random.uniform(size=100_000)
kept = random.uniform(size=100_000) < 0.5
print(f"mean activation {activation.mean():.3f}; with dropout and scaling {(activation * kept / 0.5).mean():.3f}")

# %% [markdown]
# ## What to remember
#
# - $\lfloor (n - k + 2p)/s \rfloor + 1$, and $k^2 c_\text{in} c_\text{out} / g$ weights: with these you can count any
#   convolutional network.
# - 60,965,224 weights, 96% of them in dense layers; 724 million multiplications, 92% of them in convolutions.
# - It was the data, the size and the hardware that were new.
#
# ## References
#
# 1. Russakovsky O et al. (2015). ImageNet large scale visual recognition challenge. Int J Comput Vis 115:211–252.
#    [doi:10.1007/s11263-015-0816-y](https://doi.org/10.1007/s11263-015-0816-y)
# 2. Krizhevsky A, Sutskever I, Hinton GE (2012, reprinted 2017). ImageNet classification with deep convolutional neural networks.
#    Commun ACM 60(6):84–90. [doi:10.1145/3065386](https://doi.org/10.1145/3065386)
# 3. He K, Zhang X, Ren S, Sun J (2015). Delving deep into rectifiers. ICCV.
#    [doi:10.1109/ICCV.2015.123](https://doi.org/10.1109/ICCV.2015.123)

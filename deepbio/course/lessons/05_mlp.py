# %% [markdown]
# # 5. Multilayer perceptrons learn features
#
# After this lesson, you can
#
# - compute a network with 100 hidden units as two matrix products, and count its weights;
# - explain why layers without an activation collapse into one;
# - look at what hidden units have learnt;
# - compare three optimizers on the same valley.
#
# You need: lesson 4. Time: 60 minutes.

# %%
import matplotlib.pyplot as plt
import numpy as np

import deepbio
from deepbio.course import check

# %% [markdown]
# ## 100 hidden units are two matrix products
#
# `digits` has 1,797 handwritten digits of 8 × 8 pixels [1]. A pixel is a byte; the model divides it by 255 inside. Flattened, an
# image is a vector of 64 numbers. A hidden layer of 100 units and an output for each of ten classes are
#
# $$H = \operatorname{relu}(X W_1 + b_1), \qquad Z = H W_2 + b_2,$$
#
# with $X$ of shape $(n, 64)$, $W_1$ $(64, 100)$ and $W_2$ $(100, 10)$. Train it, take the weights out, and compute it by hand.

# %%
data = deepbio.load_dataset("digits")
model = deepbio.get_model("mlp", dataset=data, seed=0)
run = deepbio.fit(model, data, seed=0)
W1, b1, W2, b2 = (np.asarray(w, dtype=float) for w in model.get_weights())
X, y = np.asarray(data.test.x).reshape(-1, 64) / 255, np.asarray(data.test.y)
H = np.maximum(X @ W1 + b1, 0)
Z = H @ W2 + b2
by_keras = np.asarray(model(np.asarray(data.test.x)))
print("shapes:", X.shape, H.shape, Z.shape)
print(f"largest difference from Keras: {np.abs(Z - by_keras).max():.1e}")
print("accuracy by hand:", np.mean(Z.argmax(axis=1) == y).round(3))
print("with its interval:", deepbio.evaluate(model, data.test)["accuracy"])

# %% [markdown]
# ### Exercise 5.1: count the weights
#
# How many weights and biases does this network have?

# %%
weights_and_biases = ...
check("5.1", weights_and_biases)

# %% [markdown]
# ## What the hidden units look for
#
# A column of $W_1$ has one weight for each pixel, so it is a picture: where red, ink excites the unit; where blue, ink inhibits
# it. Nobody designed these features. Rumelhart, Hinton and Williams called the title of their article "learning representations"
# for this [2].

# %% Weights of 20 hidden units as pictures of 8 by 8 pixels: strokes, gaps and edges that excite (red) or inhibit (blue) the unit
strongest = np.argsort(-np.abs(W2).sum(axis=1))[:20]
figure, grid = plt.subplots(2, 10, figsize=(10, 2.4))
for axes, unit in zip(grid.ravel(), strongest, strict=True):
    axes.imshow(W1[:, unit].reshape(8, 8), cmap="RdBu_r", vmin=-0.6, vmax=0.6)
    axes.axis("off")
plt.show()

# %% [markdown]
# ### What the hidden layer is good for
#
# The hidden layer moves the images so that the last layer, which is linear, can separate them. We can see it: the first two
# principal components of the pixels and of the 100 hidden values. Two dimensions show only a part; the ratio below counts all.


# %%
def two_components(values):
    centred = values - values.mean(axis=0)
    return centred @ np.linalg.svd(centred, full_matrices=False)[2][:2].T


def spread_ratio(values):
    """Between-class over within-class variance: larger is easier for a linear layer."""
    means = np.array([values[y == k].mean(axis=0) for k in range(10)])
    within = np.mean([((values[y == k] - means[k]) ** 2).sum(axis=1).mean() for k in range(10)])
    return ((means - values.mean(axis=0)) ** 2).sum(axis=1).mean() / within


print(f"between-class over within-class variance: pixels {spread_ratio(X):.2f}, hidden units {spread_ratio(H):.2f}")

# %% Two principal components of the test digits: as hidden values, classes such as 4 and 0 are further apart than as pixels
figure, both = plt.subplots(1, 2, figsize=(9, 4))
for axes, values, title in zip(both, (X, H), ("64 pixels", "100 hidden units"), strict=True):
    axes.scatter(*two_components(values).T, c=y, cmap="tab10", s=10)
    axes.set(title=title, xticks=[], yticks=[])
figure.colorbar(both[1].collections[0], ax=both, label="digit", ticks=range(10))
plt.show()

# %% [markdown]
# ## Depth needs an activation
#
# Two layers without an activation between them compute $(X W_1 + b_1) W_2 + b_2$, which is one layer. A hundred of them compute
# no more than the perceptron of lesson 2. Measured on two moons, which a line separates to about 88%:

# %%
moons = deepbio.load_dataset("two_moons")
for name, options in {
    "one layer": {"units": ()},
    "20 hidden units, no activation": {"units": (20,), "hidden_activation": "linear"},
    "20 hidden units, relu": {"units": (20,), "hidden_activation": "relu"},
    "20 hidden units, tanh": {"units": (20,), "hidden_activation": "tanh"},
    "three hidden layers, relu": {"units": (20, 20, 20), "hidden_activation": "relu"},
}.items():
    net = deepbio.get_model("mlp", dataset=moons, seed=0, **options)
    deepbio.fit(net, moons, seed=0, epochs=40)
    print(f"{name:<32}{deepbio.evaluate(net, moons.test)['accuracy']}")

# %% [markdown]
# ### Exercise 5.2: collapse two layers
#
# Write `collapse(W1, b1, W2, b2)`, which returns the `W` and `b` of the single layer that computes the same as both without
# activation.


# %%
def collapse(W1, b1, W2, b2):
    return ..., ...


check("5.2", collapse)

# %% [markdown]
# ## Optimizers
#
# The loss of a network is a valley, steep across and flat along. Plain gradient descent must take steps small enough for the
# steep direction and crawls along the other. **Momentum** keeps a velocity: $v \leftarrow \beta v - \eta g$, $\theta \leftarrow
# \theta + v$. **Adam** [3] divides each step by the root of the mean squared gradient, separately for each weight, so flat
# directions take large steps too.


# %%
def slope(theta):
    return np.array([1.0, 40.0]) * theta  # of the valley (theta_1^2 + 40 theta_2^2) / 2


def descend(rule, steps=60):
    theta, state, path = np.array([-4.0, 0.6]), {}, []
    for t in range(1, steps + 1):
        path.append(theta)
        theta = theta + rule(slope(theta), state, t)
    return np.array(path)


def plain(g, state, t, rate=0.04):
    return -rate * g


def momentum(g, state, t, rate=0.01, beta=0.85):
    state["v"] = beta * state.get("v", 0) - rate * g
    return state["v"]


def adam(g, state, t, rate=0.25, beta1=0.9, beta2=0.999):
    state["m"] = beta1 * state.get("m", 0) + (1 - beta1) * g
    state["s"] = beta2 * state.get("s", 0) + (1 - beta2) * g**2
    return -rate * (state["m"] / (1 - beta1**t)) / (np.sqrt(state["s"] / (1 - beta2**t)) + 1e-7)


paths = {"gradient descent": descend(plain), "momentum": descend(momentum), "Adam": descend(adam)}
for name, path in paths.items():
    print(f"{name:<18}distance from the bottom after 60 steps: {np.linalg.norm(path[-1]):.3f}")

# %% Three paths down a narrow valley: gradient descent zigzags and crawls, momentum and Adam swing and arrive
figure, axes = plt.subplots(figsize=(8, 3.2))
a, b = np.meshgrid(np.linspace(-4.5, 2.5, 100), np.linspace(-1, 1, 100))
axes.contour(a, b, (a**2 + 40 * b**2) / 2, levels=12, colors="0.8")
for name, path in paths.items():
    axes.plot(*path.T, ".-", label=name, lw=1, ms=4)
axes.set(xlabel=r"$\theta_1$", ylabel=r"$\theta_2$")
axes.legend()
plt.show()

# %% [markdown]
# ### Exercise 5.3: the largest step
#
# In this valley, the curvatures are 1 and 40. Plain gradient descent multiplies the distance in each direction by $1 -
# \eta\,\lambda$ in every step. Above which learning rate $\eta$ does it diverge? Answer with a number.

# %%
largest_rate = ...
check("5.3", largest_rate)

# %% [markdown]
# ## What to remember
#
# - A layer is a matrix product, a sum and an activation; without the activation, depth adds nothing.
# - The hidden layer learns features that make the problem linear.
# - The steepest direction limits the learning rate; momentum and Adam help along the flat ones.
#
# ## References
#
# 1. Alpaydin E, Kaynak C (1998). Optical Recognition of Handwritten Digits. UCI Machine Learning Repository.
#    [doi:10.24432/C50P49](https://doi.org/10.24432/C50P49)
# 2. Rumelhart DE, Hinton GE, Williams RJ (1986). Learning representations by back-propagating errors. Nature 323:533–536.
#    [doi:10.1038/323533a0](https://doi.org/10.1038/323533a0)
# 3. Kingma DP, Ba J (2015). Adam: a method for stochastic optimization. ICLR.
#    [doi:10.48550/arXiv.1412.6980](https://doi.org/10.48550/arXiv.1412.6980)

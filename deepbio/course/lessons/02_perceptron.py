# %% [markdown]
# # 2. Rosenblatt's perceptron and XOR
#
# After this lesson, you can
#
# - train a perceptron by hand and say why it stops;
# - bound its number of corrections by the margin of the data;
# - prove that no line computes XOR, and measure what that costs;
# - wire a hidden layer that solves XOR.
#
# You need: vectors and the dot product. Time: 45 minutes.

# %%
import matplotlib.pyplot as plt
import numpy as np
from sklearn.svm import SVC

import deepbio
from deepbio.course import check

# %% [markdown]
# ## A neuron that learns from its errors
#
# In 1958 Frank Rosenblatt described a machine that learns to distinguish two kinds of pictures [1]. Its unit computes a weighted
# sum and fires if the sum is positive:
#
# $$\hat y = \operatorname{sign}(w \cdot x + b), \qquad \hat y \in \{-1, +1\}.$$
#
# The learning rule is one line. Show the examples one after another; do nothing if the answer is right; after an error, add the
# example to the weights, with its sign:
#
# $$w \leftarrow w + y\,x, \qquad b \leftarrow b + y.$$
#
# There is no learning rate to choose: starting from zero, a factor would scale $w$ and $b$ together and change no decision.

# %%
random = np.random.default_rng(0)
y = np.where(np.arange(60) % 2 == 0, 1, -1)
x = np.where(y[:, None] > 0, [1.2, 1.0], [-1.0, -1.2]) + random.normal(0, 0.65, (60, 2))


def train(x, y, epochs):
    """Apply the rule to every example, epoch after epoch; keep the weights after each correction."""
    w, b, history = np.zeros(2), 0.0, []
    for epoch in range(epochs):
        errors = 0
        for xi, yi in zip(x, y, strict=True):
            if yi * (w @ xi + b) <= 0:
                w, b, errors = w + yi * xi, b + yi, errors + 1
                history.append((w, b))
        print(f"epoch {epoch + 1}: {errors} corrections")
        if errors == 0:
            break
    return w, b, history


w, b, history = train(x, y, epochs=20)

# %% [markdown]
# An epoch without a correction is the end: the rule has nothing left to do, and would do nothing for ever.

# %% Points of two classes and the perceptron's line after each correction; the last line separates them
figure, axes = plt.subplots(figsize=(5.5, 4.5))
grid = np.array([-3.5, 3.5])
for i, (wi, bi) in enumerate(history):
    last = i == len(history) - 1
    axes.plot(grid, -(wi[0] * grid + bi) / wi[1], color="black" if last else "0.7", lw=2 if last else 1, zorder=1)
for sign, colour, marker in ((1, "tab:blue", "o"), (-1, "tab:orange", "s")):
    axes.scatter(*x[y == sign].T, color=colour, marker=marker, label=f"y = {sign:+d}", zorder=2)
axes.set(xlim=(-3.5, 3.5), ylim=(-3.5, 3.5), xlabel="$x_1$", ylabel="$x_2$", title=f"{len(history)} corrections")
axes.legend()
plt.show()

# %% [markdown]
# ## Why it stops
#
# Let all points lie within a radius $R$ of the origin (with a 1 appended for the bias), and let some unit vector $u$ separate the
# classes with margin $\gamma$: $y\,(u \cdot x) \ge \gamma$ for every point. Each correction adds at least $\gamma$ to $u \cdot
# w$, and at most $R^2$ to $\|w\|^2$. After $k$ corrections,
#
# $$k\gamma \le u \cdot w \le \|w\| \le \sqrt{k}\,R \quad\Rightarrow\quad k \le (R / \gamma)^2.$$
#
# This is Novikoff's bound of 1962 (a proof is in [2]). It does not contain the number of dimensions. Any separating line yields a
# valid bound, and a wide margin yields a small one. Compare the line that the rule found, which stops as soon as it can, with the
# one that a support vector machine finds, which looks for the widest margin.

# %%
with_one = np.column_stack([x, np.ones(len(x))])
radius = np.linalg.norm(with_one, axis=1).max()
svm = SVC(kernel="linear", C=1e6).fit(x, y)
for name, line in (("perceptron", np.append(w, b)), ("widest margin", np.append(svm.coef_, svm.intercept_))):
    gamma = (y * (with_one @ line)).min() / np.linalg.norm(line)
    print(f"{name:<14} margin {gamma:.3f}: at most {(radius / gamma) ** 2:,.0f} corrections; there were {len(history)}")

# %% [markdown]
# ### Exercise 2.1: the rule
#
# Write `update(w, b, x, y)`, which returns the new `(w, b)` after one example. `w` and `x` are vectors, `y` is -1 or +1.


# %%
def update(w, b, x, y):
    return ...


check("2.1", update)

# %% [markdown]
# ## XOR
#
# The exclusive or is true if exactly one of two inputs is. Put its four cases on the corners of a square. Suppose that a line got
# all four right, with $x_1, x_2 \in \{-1, 1\}$ and "true" positive:
#
# $$w_1 - w_2 + b > 0, \quad -w_1 + w_2 + b > 0, \quad w_1 + w_2 + b \le 0, \quad -w_1 - w_2 + b \le 0.$$
#
# The first two add up to $2b > 0$, the last two to $2b \le 0$. No line does it. Minsky and Papert's book of 1969 studied what
# such units cannot compute [3].
#
# deepbio contains XOR as a data set: points around the four corners. The model `perceptron` is trained by the rule above.

# %%
data = deepbio.load_dataset("xor")
perceptron = deepbio.get_model("perceptron", dataset=data, seed=0)
deepbio.fit(perceptron, data, seed=0)
mlp = deepbio.get_model("mlp", dataset=data, seed=0)
deepbio.fit(mlp, data, seed=0)
for name, model in (("perceptron", perceptron), ("mlp", mlp)):
    print(f"{name:<12} accuracy {deepbio.evaluate(model, data.test)['accuracy']}")

# %% [markdown]
# The interval is for the sampling of the test points: 95% confidence. The perceptron cannot exceed 75%; the multilayer perceptron
# (MLP), with 100 hidden units, gets everything right.

# %% Decision regions on XOR: the perceptron's half plane is wrong at a corner or more, the MLP's regions follow the four corners
side = np.linspace(-1.7, 1.7, 120, dtype=np.float32)
points = np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2)
figure, both = plt.subplots(1, 2, figsize=(9, 4.2), sharey=True)
for axes, (name, model) in zip(both, (("perceptron", perceptron), ("MLP, 100 hidden units", mlp)), strict=True):
    p = np.asarray(deepbio.predict(model, points)).reshape(120, 120)
    axes.contourf(side, side, p >= 0.5, levels=[-0.5, 0.5, 1.5], colors=["tab:orange", "tab:blue"], alpha=0.25)
    for label, colour, marker in ((1, "tab:blue", "o"), (0, "tab:orange", "s")):
        shown = data.test.x[data.test.y.ravel() == label][:60]
        axes.scatter(*shown.T, color=colour, marker=marker, s=14, label="true" if label else "false")
    axes.set(title=name, xlabel="$x_1$")
both[0].set_ylabel("$x_2$")
both[0].legend(loc="center")
plt.show()

# %% [markdown]
# ### Exercise 2.2: the best line
#
# Which accuracy does the best line reach on the four corners of XOR, each counted once? Answer with a number between 0 and 1.

# %%
best_accuracy = ...
check("2.2", best_accuracy)

# %% [markdown]
# ### Exercise 2.3: AND and OR
#
# Find weights `(w1, w2, b)` of a perceptron that computes AND, and of one that computes OR, for inputs -1 and +1. Its output is
# true if $w_1 x_1 + w_2 x_2 + b > 0$.

# %%
and_weights = ...
or_weights = ...
check("2.3", (and_weights, or_weights))

# %% [markdown]
# ### Exercise 2.4: wire a network that solves XOR
#
# Two hidden perceptrons and one output, all with the step function $\operatorname{step}(z) = 1$ if $z > 0$ else $0$:
#
# $$h = \operatorname{step}(W x + b), \qquad \hat y = \operatorname{step}(v \cdot h + c).$$
#
# Choose `W` (2 × 2, one row per hidden unit), `b` (2), `v` (2) and `c` for inputs -1 and +1. Hint: XOR is true if OR is true and
# AND is not.

# %%
W, b, v, c = ..., ..., ..., ...
check("2.4", (W, b, v, c))

# %% [markdown]
# ## What to remember
#
# - The perceptron corrects only its errors, and stops if a line exists that separates the classes.
# - The number of corrections is bounded by $(R/\gamma)^2$, in any number of dimensions.
# - XOR needs a hidden layer. You wired one by hand; lesson 4 shows how a network finds its weights itself.
#
# To try it by hand, `deepbio course widgets -o widgets` writes pages that need no network. For this lesson:
# `perceptron.html`.
#
# ## References
#
# 1. Rosenblatt F (1958). The perceptron: a probabilistic model for information storage and organization in the brain.
#    Psychological Review 65:386–408. [doi:10.1037/h0042519](https://doi.org/10.1037/h0042519)
# 2. Freund Y, Schapire RE (1999). Large margin classification using the perceptron algorithm. Machine Learning 37:277–296.
#    [doi:10.1023/A:1007662407062](https://doi.org/10.1023/A:1007662407062)
# 3. Minsky M, Papert SA (1969, reissued 2017). Perceptrons. MIT Press.
#    [doi:10.7551/mitpress/11301.001.0001](https://doi.org/10.7551/mitpress/11301.001.0001)

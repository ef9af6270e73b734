# %% [markdown]
# # 4. Back-propagation: the exercise
#
# After this lesson, you can
#
# - compute the gradient of a network by hand, layer by layer, from the loss backwards;
# - write it as matrix products for a whole batch;
# - check a gradient by finite differences, and know how exact that is;
# - explain what automatic differentiation does, and why it costs no more than the forward pass.
#
# You need: lesson 3, the chain rule, matrix products. Time: 90 minutes, most of them for exercise 4.2.

# %%
import matplotlib.pyplot as plt
import numpy as np
import tensorflow as tf

from deepbio.course import check

# %% [markdown]
# ## One hidden unit, one number at a time
#
# Let a network have one input $x$, one hidden unit and one output:
#
# $$z_1 = w_1 x, \quad h = \sigma(z_1), \quad z_2 = w_2 h, \quad p = \sigma(z_2), \quad L = -y \ln p - (1 - y) \ln (1 - p).$$
#
# Lesson 3 found $\partial L / \partial z_2 = p - y$. Everything else is the chain rule, backwards:
#
# $$
# \frac{\partial L}{\partial w_2} = (p - y)\,h, \qquad
# \frac{\partial L}{\partial h} = (p - y)\,w_2, \qquad
# \frac{\partial L}{\partial z_1} = \frac{\partial L}{\partial h}\; h (1 - h), \qquad
# \frac{\partial L}{\partial w_1} = \frac{\partial L}{\partial z_1}\; x.
# $$
#
# Read it aloud: *the error at the output is sent back through the weight, and damped by the slope of the hidden unit.* Each
# quantity is computed once and used by everything below it. That is all of back-propagation [1]; Linnainmaa described the same
# idea for rounding errors before [2].

# %%
x, y, w1, w2 = 1.5, 1.0, 0.8, -0.6


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


h = sigmoid(w1 * x)
p = sigmoid(w2 * h)
print(f"forward:  h = {h:.4f}, p = {p:.4f}, L = {-np.log(p):.4f}")
dz2 = p - y
dw2 = dz2 * h
dz1 = dz2 * w2 * h * (1 - h)
dw1 = dz1 * x
print(f"backward: dL/dw2 = {dw2:.4f}, dL/dw1 = {dw1:.4f}")

# %% [markdown]
# ### Exercise 4.1: by hand, with pencil and paper
#
# The same network with $x = 2$, $y = 0$, $w_1 = 0.5$, $w_2 = 1$. What are $\partial L / \partial w_1$ and $\partial L / \partial
# w_2$? Answer with a pair, to three decimals.

# %%
dw1_by_hand, dw2_by_hand = ..., ...
check("4.1", (dw1_by_hand, dw2_by_hand))

# %% [markdown]
# ## A batch at once
#
# With $n$ examples in the rows of $X$ and a hidden layer of rectified units, $\operatorname{relu}(z) = \max(z, 0)$:
#
# $$Z_1 = X W_1 + b_1, \quad H = \operatorname{relu}(Z_1), \quad z_2 = H w_2 + b_2, \quad p = \sigma(z_2), \quad L = \text{mean}.$$
#
# Each line has its mirror image. Two rules settle every shape:
#
# - the gradient of a matrix has the shape of the matrix;
# - for $Z = X W$: the gradient of $W$ is $X^{\mathsf T} \delta$, and that of $X$ is $\delta W^{\mathsf T}$, where $\delta =
#   \partial L / \partial Z$.
#
# The mean puts a factor $1/n$ in front, once. A bias is added to every row, so its gradient is the sum over the rows.


# %%
def forward(X, W1, b1, w2, b2):
    Z1 = X @ W1 + b1
    H = np.maximum(Z1, 0)
    return Z1, H, H @ w2 + b2


def mean_loss(X, y, W1, b1, w2, b2):
    z = forward(X, W1, b1, w2, b2)[-1]
    return np.mean(np.logaddexp(0, z) - y * z)


def backward(X, y, W1, b1, w2, b2):
    Z1, H, z2 = forward(X, W1, b1, w2, b2)
    d2 = (sigmoid(z2) - y) / len(y)  # (n,)
    dH = np.outer(d2, w2)  # (n, hidden): sent back through the weights
    d1 = dH * (Z1 > 0)  # damped by the slope of the hidden units
    return X.T @ d1, d1.sum(axis=0), H.T @ d2, d2.sum()


random = np.random.default_rng(0)
X, y = random.normal(size=(32, 5)), random.integers(0, 2, 32).astype(float)
weights = [random.normal(size=(5, 8)), random.normal(size=8), random.normal(size=8), 0.3]
gradients = backward(X, y, *weights)
print([np.shape(g) for g in gradients])

# %% [markdown]
# ## Is it right? Two independent answers
#
# **Automatic differentiation.** TensorFlow records every operation of the forward pass on a tape and applies the rule of each, in
# reverse. This is back-propagation as a library [3]. In double precision, both agree to rounding.

# %%
variables = [tf.Variable(w, dtype=tf.float64) for w in weights]
with tf.GradientTape() as tape:
    H = tf.nn.relu(X @ variables[0] + variables[1])
    z = tf.linalg.matvec(H, variables[2]) + variables[3]
    loss = tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels=y, logits=z))
automatic = [np.asarray(g) for g in tape.gradient(loss, variables)]
autodiff_difference = max(np.abs(a - b).max() for a, b in zip(gradients, automatic, strict=True))
print(f"largest difference from automatic differentiation: {autodiff_difference:.1e}")

# %% [markdown]
# **Finite differences.** Move one weight a little in both directions, and look at the loss:
#
# $$\frac{\partial L}{\partial w} \approx \frac{L(w + \varepsilon) - L(w - \varepsilon)}{2 \varepsilon}.$$
#
# This knows nothing of the chain rule, which makes it a good judge, but it is slow: two forward passes for each weight. How large
# should $\varepsilon$ be? The formula has an error of order $\varepsilon^2$, and rounding adds one of order $10^{-16} /
# \varepsilon$.


# %%
def numeric(epsilon):
    found = np.zeros_like(weights[0])
    for place in np.ndindex(found.shape):
        up, down = weights[0].copy(), weights[0].copy()
        up[place] += epsilon
        down[place] -= epsilon
        found[place] = mean_loss(X, y, up, *weights[1:]) - mean_loss(X, y, down, *weights[1:])
    return found / (2 * epsilon)


steps = 10.0 ** np.arange(-13, 0)
errors = np.array([np.abs(numeric(step) - gradients[0]).max() for step in steps])
numeric_difference = errors.min()
print(f"smallest error {numeric_difference:.1e} at a step of {steps[errors.argmin()]:.0e}")

# %% Error of finite differences against the step: rounding dominates at small steps, the formula at large ones, with a minimum between
figure, axes = plt.subplots(figsize=(6, 3.8))
axes.loglog(steps, errors, "o-")
axes.loglog(steps, 1e-16 / steps, ":", color="0.5", label=r"rounding, $10^{-16} / \varepsilon$")
axes.loglog(steps, steps**2, "--", color="0.5", label=r"formula, $\varepsilon^2$")
axes.set(xlabel=r"step $\varepsilon$", ylabel="largest error of the gradient", ylim=(1e-14, 1))
axes.legend()
plt.show()

# %% [markdown]
# At the right end, a step crosses the kink of a rectified unit, and the formula is no longer valid. A gradient with a mistake
# differs in the first or second digit. If yours agrees with finite differences to six digits, it is right.
#
# ### Exercise 4.2: the network with three classes
#
# Now it is your turn: two hidden layers with the hyperbolic tangent, and a softmax over three classes.
#
# $$H_1 = \tanh(X W_1 + b_1), \quad H_2 = \tanh(H_1 W_2 + b_2), \quad Z = H_2 W_3 + b_3, \quad
# P_{ik} = \frac{e^{Z_{ik}}}{\sum_j e^{Z_{ij}}}, \quad L = -\frac{1}{n} \sum_i \ln P_{i, y_i}.$$
#
# `X` is `(n, features)`, `y` is `(n,)` with the classes 0, 1 and 2. Return the six gradients in the order of the arguments. The
# derivative of $\tanh z$ is $1 - \tanh^2 z$. Show first, on paper, that $\partial L / \partial Z = (P - Y) / n$, where $Y$ is `y`
# in one-hot form.
#
# The checker compares with finite differences. If an answer is wrong, it looks which of the usual mistakes explains it.


# %%
def my_backward(X, y, W1, b1, W2, b2, W3, b3):
    return ...


check("4.2", my_backward)

# %% [markdown]
# ## What one gradient costs
#
# A network with a million weights needs two million forward passes for finite differences. Back-propagation needs the forward
# pass and one backward pass of about twice its cost, whatever the number of weights. Without this, no network of today could be
# trained.

# %% Evaluations of the network for one gradient: finite differences need two per weight, back-propagation always about three
sizes = np.array([1e1, 1e3, 1e5, 6.0965e7])
figure, axes = plt.subplots(figsize=(6, 3.4))
axes.loglog(sizes, 2 * sizes, "o-", label="finite differences: 2 per weight")
axes.loglog(sizes, np.full(4, 3.0), "s-", label="back-propagation: about 3")
axes.annotate("AlexNet (lesson 7)", (sizes[-1], 2 * sizes[-1]), xytext=(2e4, 4e7))
axes.set(xlabel="weights", ylabel="cost in forward passes")
axes.legend(loc=(0.3, 0.08))
plt.show()

# %% [markdown]
# ### Exercise 4.3: a gradient that vanishes
#
# A sigmoid's slope $h (1 - h)$ is at most one quarter. Suppose every weight is 1 and every unit sits at its steepest point. By
# which factor, at most, is the error damped on its way back through 10 sigmoid layers? Answer with a number. It is why deep
# networks use rectified units.

# %%
factor = ...
check("4.3", factor)

# %% [markdown]
# ## What to remember
#
# - Forward: keep every intermediate result. Backward: each line's mirror image, from last to first.
# - $X^{\mathsf T} \delta$ for the weights, $\delta W^{\mathsf T}$ for what lies below, times the slope of the activation.
# - Never trust a gradient that was not compared with finite differences or automatic differentiation.
#
# ## References
#
# 1. Rumelhart DE, Hinton GE, Williams RJ (1986). Learning representations by back-propagating errors. Nature 323:533–536.
#    [doi:10.1038/323533a0](https://doi.org/10.1038/323533a0)
# 2. Linnainmaa S (1976). Taylor expansion of the accumulated rounding error. BIT 16:146–160.
#    [doi:10.1007/BF01931367](https://doi.org/10.1007/BF01931367)
# 3. Baydin AG, Pearlmutter BA, Radul AA, Siskind JM (2018). Automatic differentiation in machine learning: a survey. J Mach Learn
#    Res 18(153):1–43. [doi:10.48550/arXiv.1502.05767](https://doi.org/10.48550/arXiv.1502.05767)

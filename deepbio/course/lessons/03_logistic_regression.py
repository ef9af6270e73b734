# %% [markdown]
# # 3. Logistic regression: probability, likelihood, gradient descent
#
# After this lesson, you can
#
# - turn a weighted sum into a probability, and read a weight as an odds ratio;
# - derive the loss from the Bernoulli likelihood, and its gradient by hand;
# - write gradient descent in ten lines, and see a step that is too small and one that is too large;
# - compare your weights with those of two libraries.
#
# You need: lesson 2, the derivative of a logarithm. Time: 60 minutes.

# %%
import matplotlib.pyplot as plt
import numpy as np

import deepbio
from deepbio.course import check

# %% [markdown]
# ## From a sum to a probability
#
# The perceptron answers yes or no. A doctor wants to know how sure it is. Logistic regression [1, 2] passes the same weighted
# sum, now called the **logit** $z$, through the sigmoid:
#
# $$z = w \cdot x + b, \qquad p = \sigma(z) = \frac{1}{1 + e^{-z}}, \qquad z = \ln \frac{p}{1 - p}.$$
#
# The last form says what a logit is: the logarithm of the odds. If $x_j$ grows by one, the odds are multiplied by $e^{w_j}$, the
# odds ratio.
#
# ## Which weights? The Bernoulli likelihood
#
# A patient with probability $p$ of disease has it ($y = 1$) or not ($y = 0$). The probability of what was observed is $p^{\,y} (1
# - p)^{1 - y}$. For $n$ independent patients, these are multiplied. The product of many numbers below 1 is tiny, so we take the
# logarithm, change the sign and divide by $n$:
#
# $$L(w, b) = -\frac{1}{n} \sum_{i=1}^{n} \bigl[\, y_i \ln p_i + (1 - y_i) \ln (1 - p_i) \,\bigr].$$
#
# The smallest $L$ belongs to the weights under which the data are most probable. Machine learning calls $L$ binary cross-entropy,
# statistics the negative log-likelihood. First with a single parameter: 7 of 10 patients are ill. Which $p$ makes that most
# probable?

# %% Likelihood of 7 ill patients among 10 as a function of p, highest at 0.7, and its negative logarithm, lowest there
p = np.linspace(0.01, 0.99, 197)
likelihood = p**7 * (1 - p) ** 3
figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.4))
left.plot(p, likelihood)
left.set(xlabel="p", ylabel="likelihood", title="$p^7 (1-p)^3$")
right.plot(p, -np.log(likelihood) / 10)
right.set(xlabel="p", ylabel="negative log-likelihood / n", title="the same, as a loss")
for axes in (left, right):
    axes.axvline(0.7, color="0.6", ls=":")
plt.show()
print(f"largest at p = {p[np.argmax(likelihood)]:.2f}")

# %% [markdown]
# ## The data
#
# `breast_cancer` has 569 fine-needle aspirates of breast masses, each with 30 features of cell nuclei measured in a digital image
# [3]. The task is to distinguish malignant from benign. We standardize every feature with the mean and standard deviation of the
# **training** split.

# %%
data = deepbio.load_dataset("breast_cancer")
print(data.labels, [len(split) for _, split in data.splits()])
X, X_test = (np.asarray(split.x, dtype=float) for split in (data.train, data.test))
y, y_test = (np.asarray(split.y, dtype=float).ravel() for split in (data.train, data.test))
mean, spread = X.mean(axis=0), X.std(axis=0)
X, X_test = (X - mean) / spread, (X_test - mean) / spread

# %% [markdown]
# ### Exercise 3.1: the loss
#
# Write `loss(z, y)`: the mean negative log-likelihood for logits `z` and labels `y`, two arrays of shape `(n,)`. It must be right
# for a logit of 1000, too. Hint: $-\ln \sigma(z) = \ln(1 + e^{-z})$, and NumPy has `np.logaddexp(a, b)` $= \ln(e^a + e^b)$.


# %%
def loss(z, y):
    return ...


check("3.1", loss)

# %% [markdown]
# ## The gradient
#
# The derivative of the sigmoid is $\sigma'(z) = p (1 - p)$. For one example,
#
# $$\frac{\partial L}{\partial z} = -\frac{y}{p}\,p(1-p) + \frac{1-y}{1-p}\,p(1-p) = p - y.$$
#
# The fractions cancel: the gradient at the logit is what the model predicts minus what is true. The chain rule does the rest,
# because $\partial z / \partial w_j = x_j$ and $\partial z / \partial b = 1$.
#
# ### Exercise 3.2: gradient descent, one step
#
# Write `gradient(w, b, X, y)`, which returns the gradient of $L$ with respect to `w`, of shape `(features,)`, and to `b`, a
# number. `X` is `(n, features)`, `y` is `(n,)`.


# %%
def gradient(w, b, X, y):
    return ..., ...


check("3.2", gradient)

# %% [markdown]
# ## Gradient descent
#
# The gradient points uphill. Go a little way downhill, and repeat. The size of a step decides: below, the same start with three
# step sizes. So that this page runs before you have solved the exercise, the slope is measured here without calculus: change one
# weight at a time by a little, and see how the loss changes. It takes 62 evaluations of the loss for one gradient. Yours takes
# one.


# %%
def measured_loss(parameters):
    z = X @ parameters[:-1] + parameters[-1]
    return np.mean(np.logaddexp(0, z) - y * z)


def measured_gradient(parameters, step=1e-5):
    steps = step * np.eye(len(parameters))
    return np.array([(measured_loss(parameters + s) - measured_loss(parameters - s)) / (2 * step) for s in steps])


def descend(step_size, steps=150):
    parameters, losses = np.zeros(31), []
    for _ in range(steps):
        losses.append(measured_loss(parameters))
        parameters = parameters - step_size * measured_gradient(parameters)
    return parameters, losses


paths = {step_size: descend(step_size) for step_size in (0.01, 0.3, 100.0)}

# %% Loss over 150 steps of gradient descent: a step size of 0.01 is slow, 0.3 falls smoothly, 100 first rises tenfold, then jumps
figure, axes = plt.subplots(figsize=(6.5, 3.8))
for step_size, (_, losses) in paths.items():
    axes.plot(losses, label=f"step size {step_size:g}")
axes.set(xlabel="step", ylabel="loss", yscale="log")
axes.legend()
plt.show()

# %% [markdown]
# All start at $\ln 2 = 0.693$: with zero weights, every probability is one half. With a step size of 100 the loss first grows
# tenfold, and it rises again and again: each step jumps over the valley. It ends low all the same, because a line nearly
# separates these patients, and then larger weights always fit the training data better. Whether they fit new patients is another
# question (lesson 13).
#
# Two features that carry nearly the same information can share the work in many ways, so the weights of one model on correlated
# features are not unique in practice. The predictions agree much better than the weights do.

# %%
from sklearn.linear_model import LogisticRegression

by_hand, losses = paths[0.3]
keras_model = deepbio.get_model("logistic", dataset=data, seed=0)
deepbio.fit(keras_model, data, seed=0)
sklearn_model = LogisticRegression(C=1.0, max_iter=5000).fit(X, y)

z = X_test @ by_hand[:-1] + by_hand[-1]
probabilities = {
    "by hand": 1 / (1 + np.exp(-z)),
    "deepbio": np.asarray(deepbio.predict(keras_model, data.test)).ravel(),
    "scikit-learn": sklearn_model.predict_proba(X_test)[:, 1],
}
print("steps on which the loss rose:", {size: int(np.sum(np.diff(path) > 0)) for size, (_, path) in paths.items()})
print(f"loss after {len(losses)} steps by hand: {losses[-1]:.4f}, at the start: {losses[0]:.4f}")
for name, p in probabilities.items():
    print(f"{name:<13} accuracy {np.mean((p >= 0.5) == y_test):.3f}")
print("with its interval:", deepbio.evaluate(keras_model, data.test)["accuracy"])

# %% Probabilities of malignant by three implementations for the same test patients: the points lie near the diagonal
figure, axes = plt.subplots(figsize=(4.6, 4.4))
for name, marker in (("deepbio", "o"), ("scikit-learn", "x")):
    axes.scatter(probabilities["by hand"], probabilities[name], marker=marker, s=18, label=name)
axes.plot([0, 1], [0, 1], color="0.6", lw=1)
axes.set(xlabel="probability, by hand", ylabel="probability, by a library")
axes.legend()
plt.show()

# %% [markdown]
# ### Exercise 3.3: the odds ratio
#
# A logistic regression has the weight 0.7 for "standard deviations above the mean cell radius" and a logit of -1.2 for a woman
# with the mean radius. What is her probability, and what is that of a woman two standard deviations above? Answer with both, as a
# pair, to three decimals.

# %%
probability_at_mean, probability_two_above = ..., ...
check("3.3", (probability_at_mean, probability_two_above))

# %% [markdown]
# ### Exercise 3.4: fit it yourself
#
# Write the loop: `fit(X, y)` returns `(w, b)` after gradient descent from zero, using your `gradient`. The checker runs it on a
# small data set of its own and wants the gradient there below 0.001. Choose the step size and the number of steps.


# %%
def fit(X, y):
    return ..., ...


check("3.4", fit)

# %% [markdown]
# ## What to remember
#
# - The loss is not a matter of taste: cross-entropy is the negative logarithm of the Bernoulli likelihood.
# - Its gradient at the logit is $p - y$.
# - A step that is too small wastes time; one that is too large does not descend.
#
# To try it by hand, `deepbio course widgets -o widgets` writes pages that need no network. For this lesson:
# `logistic.html` and `descent.html`.
#
# ## References
#
# 1. Cox DR (1958). The regression analysis of binary sequences. J R Stat Soc B 20:215–242.
#    [doi:10.1111/j.2517-6161.1958.tb00292.x](https://doi.org/10.1111/j.2517-6161.1958.tb00292.x)
# 2. Berkson J (1944). Application of the logistic function to bio-assay. J Am Stat Assoc 39:357–365.
#    [doi:10.1080/01621459.1944.10500699](https://doi.org/10.1080/01621459.1944.10500699)
# 3. Street WN, Wolberg WH, Mangasarian OL (1993). Nuclear feature extraction for breast tumor diagnosis. Proc SPIE 1905:861–870.
#    [doi:10.1117/12.148698](https://doi.org/10.1117/12.148698)

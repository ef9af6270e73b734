# %% [markdown]
# # 12. GPUs and many machines
#
# After this lesson, you can
#
# - explain why a matrix product is fast on a GPU, and measure arithmetic intensity;
# - train one model on several devices with `tf.distribute`, and prove that it is the same training;
# - compute the gradient of a batch from the gradients of its parts, also when they have unequal sizes;
# - predict the speed-up, and say what limits it.
#
# You need: lessons 4 and 7. Time: 60 minutes. A GPU is not needed: two logical devices on the processor behave like two GPUs.

# %%
import time

from deepbio.devices import choose_strategy

two_devices = choose_strategy(
    "cpu:2"
)  # before TensorFlow computes anything; in a notebook, after a restart of the kernel

import matplotlib.pyplot as plt
import numpy as np
import tensorflow as tf

import deepbio
from deepbio.course import check

print("replicas:", two_devices.num_replicas_in_sync)

# %% [markdown]
# ## Why matrix products
#
# A network is matrix products (lesson 5). A product of two $n \times n$ matrices reads $2n^2$ numbers and multiplies $n^3$ times:
# each number that was fetched is used $n$ times. A sum of two matrices uses each number once. GPUs have thousands of multipliers
# and comparatively slow memory, so the product keeps them busy and the sum does not. This ratio is called arithmetic intensity
# [1]. The same is visible on a processor:


# %%
def seconds(operation, repeats=5):
    operation()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        operation()
        times.append(time.perf_counter() - start)
    return min(times)


random = np.random.default_rng(0)
sizes, rates = [16, 32, 64, 128, 256], {"product": [], "sum": []}
for n in sizes:
    a, b = random.normal(size=(2, n, n)).astype("float32")
    rates["product"].append(2 * n**3 / seconds(lambda a=a, b=b: a @ b) / 1e9)
    rates["sum"].append(n**2 / seconds(lambda a=a, b=b: a + b) / 1e9)
a, b = random.normal(size=(2, 64, 64))
loop = seconds(lambda: [[sum(a[i, k] * b[k, j] for k in range(64)) for j in range(64)] for i in range(64)], repeats=1)
print(f"64 x 64 product: loops in Python {1e3 * loop:.0f} ms, one call {1e3 * seconds(lambda: a @ b):.3f} ms")

# %% Billions of operations per second for products and sums of matrices: products become faster with size, sums stay slow
figure, axes = plt.subplots(figsize=(6, 3.6))
for name, values in rates.items():
    axes.loglog(sizes, values, "o-", label=f"matrix {name}")
axes.set_xscale("log", base=2)
axes.set(xlabel="side of the matrices", ylabel="billion operations per second", xticks=sizes, xticklabels=sizes)
axes.legend()
plt.show()

# %% [markdown]
# ## One batch, several devices
#
# Data parallel training copies the model to every device (a *replica*), divides each batch, and sums the gradients before the
# weights change. The gradient of a mean over $n$ examples, with parts of sizes $n_1, n_2, \dots$, is
#
# $$g = \sum_k \frac{n_k}{n}\, g_k .$$
#
# Nothing is approximate about it, as long as the parts are weighted by their size.
#
# ### Exercise 12.1: combine gradients
#
# Write `combine(gradients, sizes)`: the gradient of the whole batch from the mean gradients of its parts.


# %%
def combine(gradients, sizes):
    return ...


check("12.1", combine)

# %% [markdown]
# ## With tf.distribute
#
# TensorFlow's strategies do this. In plain Keras:
#
# ```
# strategy = tf.distribute.MirroredStrategy()      # all GPUs of this machine
# with strategy.scope():
#     model = ...                                  # variables are mirrored
#     model.compile(...)
# model.fit(...)
# ```
#
# `MultiWorkerMirroredStrategy` does the same across machines, which find each other by the environment variable `TF_CONFIG`. In
# deepbio, `strategy=` chooses ("auto", "mirrored", "multiworker", "slurm", or "cpu:2" as here), and the global batches do not
# depend on the number of devices. So the same seed must lead to the same losses. We prove it rather than hope:

# %%
data = deepbio.load_dataset("breast_cancer")
losses, weights = {}, {}
for name, strategy in (("one device", "one"), ("two devices", two_devices)):
    model = deepbio.get_model("mlp", dataset=data, seed=0)
    run = deepbio.fit(model, data, seed=0, strategy=strategy, epochs=20, optimizer="sgd", learning_rate=0.05)
    losses[name] = np.array(run.history["loss"])
    weights[name] = np.concatenate([w.ravel() for w in model.get_weights()])
difference = np.abs(losses["one device"] - losses["two devices"]) / losses["one device"]
print(f"largest relative difference of the losses: {difference.max():.1e}")
print(f"largest difference of a weight: {np.abs(weights['one device'] - weights['two devices']).max():.1e}")

# %% Loss by epoch on one and on two devices: the two curves lie on each other
figure, axes = plt.subplots(figsize=(6, 3.4))
axes.plot(losses["one device"], lw=5, color="tab:blue", alpha=0.4, label="one device")
axes.plot(losses["two devices"], "k--", lw=1, label="two devices")
axes.set(xlabel="epoch", ylabel="training loss", yscale="log")
axes.legend()
plt.show()

# %% [markdown]
# They differ by rounding, because a sum in another order is rounded elsewhere. If your own two runs differ in the second digit,
# something else is different: the batches, a mean of means, batch normalization over each device's part, dropout.
#
# ## By hand
#
# The same with two calls of the tape, without any strategy: the weighted mean of two gradients equals the gradient of the batch.

# %%
x, y = np.asarray(data.train.x[np.arange(100)]), np.asarray(data.train.y[np.arange(100)], np.float32)
model = deepbio.get_model("mlp", dataset=data, seed=0)


def gradient(rows):
    with tf.GradientTape() as tape:
        logits = tf.reshape(model(x[rows]), [-1])
        loss = tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels=y[rows].ravel(), logits=logits))
    return np.concatenate([np.asarray(g).ravel() for g in tape.gradient(loss, model.trainable_weights)])


whole, first, second = gradient(np.arange(100)), gradient(np.arange(70)), gradient(np.arange(70, 100))
weighted = 0.7 * first + 0.3 * second
print(f"weighted mean: {np.abs(weighted - whole).max():.1e} from the gradient of the batch")
print(f"plain mean:    {np.abs((first + second) / 2 - whole).max():.1e}")

# %% [markdown]
# ## How much faster?
#
# Let a step on one device take $t$ seconds of computation, and let $s$ be the fraction that cannot be divided (reading data,
# starting the step). Amdahl [2]: with $N$ devices, the speed-up is at most $1 / (s + (1 - s)/N)$. On top comes communication: in
# a ring, each device sends and receives $2 (N - 1)/N$ times the size of the gradient per step, nearly independent of $N$.

# %% Speed-up against the number of devices: with 5% that cannot be divided it saturates below 20, with communication earlier
devices = np.arange(1, 65)
figure, axes = plt.subplots(figsize=(6, 3.8))
axes.plot(devices, devices, ":", color="0.5", label="ideal")
for serial in (0.01, 0.05):
    axes.plot(devices, 1 / (serial + (1 - serial) / devices), label=f"{serial:.0%} cannot be divided")
compute, gradient_size, bandwidth = (
    0.1,
    4 * 60_965_224,
    1.25e9,
)  # seconds, bytes (AlexNet), bytes per second (10 Gbit/s)
step = compute / devices + 2 * (devices - 1) / devices * gradient_size / bandwidth
axes.plot(devices, compute / step, "--", label="AlexNet over 10 Gbit/s, 0.1 s per step")
axes.set(xlabel="devices", ylabel="speed-up", ylim=(0, 50))
axes.legend(loc="upper left", fontsize=8)
plt.show()
print(f"AlexNet on 8 machines over 10 Gbit/s: {compute / step[7]:.2f} times the speed of one")

# %% [markdown]
# AlexNet over a slow network gets *slower* with more machines: its 61 million weights (lesson 7) must be sent in every step.
# Larger batches help, because a step then computes more for the same message; with a batch $k$ times larger, the learning rate is
# usually multiplied by $k$ after a warm-up [3].
#
# ### Exercise 12.2: Amdahl
#
# 4% of a step cannot be divided. How much faster are 8 devices than one? Answer to two decimals.

# %%
speed_up = ...
check("12.2", speed_up)

# %% [markdown]
# ### Exercise 12.3: divide a batch
#
# Write `shares(n, replicas)`: the numbers of examples for each replica, as equal as possible, in a list that adds up to `n`.


# %%
def shares(n, replicas):
    return ...


check("12.3", shares)

# %% [markdown]
# ## What to remember
#
# - Data parallel training computes the same gradient, if parts are weighted by their size. Test that it does.
# - What cannot be divided, and what must be sent, limit the speed-up.
# - Measure the speed of *your* step before you rent machines.
#
# ## References
#
# 1. Williams S, Waterman A, Patterson D (2009). Roofline: an insightful visual performance model for multicore architectures.
#    Commun ACM 52(4):65–76. [doi:10.1145/1498765.1498785](https://doi.org/10.1145/1498765.1498785)
# 2. Amdahl GM (1967). Validity of the single processor approach to achieving large scale computing capabilities. AFIPS 30:483–485.
#    [doi:10.1145/1465482.1465560](https://doi.org/10.1145/1465482.1465560)
# 3. Goyal P et al. (2017). Accurate, large minibatch SGD: training ImageNet in 1 hour.
#    [doi:10.48550/arXiv.1706.02677](https://doi.org/10.48550/arXiv.1706.02677)

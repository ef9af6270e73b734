# %% [markdown]
# # 13. Is it true? Intervals, leakage, calibration, baselines
#
# After this lesson, you can
#
# - put an interval on an accuracy, and check by simulation that it covers the truth as often as it promises;
# - show how one patient in two splits makes a useless model look good;
# - measure whether a probability means what it says, and repair it;
# - recognise the best of many models as the luckiest.
#
# You need: all lessons before. Time: 90 minutes.

# %%
import keras
import matplotlib.pyplot as plt
import numpy as np
from sklearn.dummy import DummyClassifier
from sklearn.neighbors import KNeighborsClassifier

import deepbio
from deepbio.course import check
from deepbio.datasets.build import from_arrays
from deepbio.errors import DataError
from deepbio.metrics import accuracy, paired_bootstrap, reliability

# %% [markdown]
# ## How sure is 95%?
#
# A model is right about 95 of 100 test patients. With other 100 patients it would be another number. Wilson's interval [1]
# contains all accuracies that are compatible with the observation $\hat p = k / n$ at the given confidence ($z = 1.96$ for 95%):
#
# $$\frac{\hat p + \frac{z^2}{2n} \pm z \sqrt{\frac{\hat p (1 - \hat p)}{n} + \frac{z^2}{4 n^2}}}{1 + \frac{z^2}{n}} .$$
#
# ### Exercise 13.1: Wilson's interval
#
# Write `wilson(k, n)`, which returns the low and the high end for 95% confidence, with $z = 1.96$.


# %%
def wilson(k, n):
    return ..., ...


check("13.1", wilson)

# %% [markdown]
# An interval makes a promise: in 95 of 100 studies, it contains the truth. Promises can be tested. Simulate studies with a known
# accuracy, and count. The textbook interval $\hat p \pm 1.96 \sqrt{\hat p (1 - \hat p)/n}$ breaks its promise when the accuracy
# is high, which is where we want to be [2].


# %%
def coverage(truth, n, interval, studies=4000):
    right = np.random.default_rng(0).binomial(n, truth, studies)
    low, high = interval(right / n, n)
    return np.mean((low <= truth) & (truth <= high))


def textbook(p, n):
    half = 1.96 * np.sqrt(p * (1 - p) / n)
    return p - half, p + half


def by_wilson(p, n, z=1.96):
    middle, half = p + z**2 / (2 * n), z * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    return (middle - half) / (1 + z**2 / n), (middle + half) / (1 + z**2 / n)


truths = np.linspace(0.5, 0.99, 50)
covered = {name: [coverage(t, 50, f) for t in truths] for name, f in (("textbook", textbook), ("Wilson", by_wilson))}
for name, values in covered.items():
    print(f"{name:<9}mean coverage {np.mean(values):.3f}, at an accuracy of 0.98: {values[-2]:.3f}")

# %% How often a 95% interval for 50 patients contains the truth: the textbook's falls far below 95% near 1, Wilson's stays near it
figure, axes = plt.subplots(figsize=(6.5, 3.6))
for name, values in covered.items():
    axes.plot(truths, values, label=name)
axes.axhline(0.95, color="0.5", ls=":", label="promised")
axes.set(xlabel="true accuracy", ylabel="coverage", ylim=(0.3, 1.02))
axes.legend(loc="lower left")
plt.show()

# %% [markdown]
# ## Leakage: one patient in two splits
#
# Forty patients, twenty of them ill, ten images each. The images of one patient resemble each other, and **nothing in them has to
# do with the disease**. The honest accuracy is 50%. Split the *images* at random, and a classifier that recognises patients seems
# to recognise a disease.

# %%
patients = np.repeat(np.arange(40), 10)


def simulate(random):
    ill = random.permutation(np.arange(40) % 2)[patients]
    return random.normal(size=(40, 30))[patients] + 0.3 * random.normal(size=(400, 30)), ill


def nearest_neighbour(split, seed):
    random = np.random.default_rng(seed)
    features, ill = simulate(random)
    train, test = split(random)
    return KNeighborsClassifier(1).fit(features[train], ill[train]).score(features[test], ill[test])


def images_at_random(random):
    order = random.permutation(400)
    return order[:280], order[280:]


def patients_at_random(random):
    chosen = random.permutation(40)[:28]
    inside = np.isin(patients, chosen)
    return np.flatnonzero(inside), np.flatnonzero(~inside)


leaky, honest = ([nearest_neighbour(split, s) for s in range(50)] for split in (images_at_random, patients_at_random))
print(f"images split at random: {np.mean(leaky):.3f}; patients split at random: {np.mean(honest):.3f}")

# %% Accuracy over 50 simulated studies of data without any signal: near 100% if images are split, around 50% if patients are split
figure, axes = plt.subplots(figsize=(6.5, 3.2))
axes.hist([leaky, honest], bins=25, range=(0, 1.0001), label=["split by image", "split by patient"])
axes.axvline(0.5, color="0.5", ls=":")
axes.set(xlabel="test accuracy of a nearest neighbour", ylabel="studies")
axes.legend(loc="upper left")
plt.show()

# %% [markdown]
# Kapoor and Narayanan found leakage of such kinds in 294 articles from 17 fields [3]. deepbio refuses it: a data set whose groups
# cross splits is not built.

# %%
random = np.random.default_rng(0)
features, ill = simulate(random)
wrong = np.where(random.uniform(size=400) < 0.7, "train", "test")
try:
    from_arrays(features, ill, modality="table", groups=patients, split=wrong)
except DataError as error:
    print("refused:", str(error)[:110], "...")
right = from_arrays(features, ill, modality="table", groups=patients, name="no_signal")
print(right)

# %% [markdown]
# ### Exercise 13.2: a split by patient
#
# Write `split_by_patient(patients, fraction, seed)`: two arrays of indices, train and test, so that no patient is in both, every
# index is in one of them, and about `fraction` of the *patients* are in train. Another seed must lead to another split.


# %%
def split_by_patient(patients, fraction, seed):
    return ..., ...


check("13.2", split_by_patient)

# %% [markdown]
# ## Does 90% mean 90%?
#
# A model is calibrated if, of the cases that it calls 90% probable, nine in ten are right. Modern networks are mostly too sure of
# themselves [4]. We train an MLP far too long on few data, without stopping, and compare confidence with observed frequency.

# %%
moons = deepbio.load_dataset("two_moons", noise=0.45)
few = from_arrays(
    np.concatenate([moons.train.x[np.arange(100)], moons.valid.x[np.arange(200)], moons.test.x[np.arange(400)]]),
    np.concatenate([moons.train.y[:100], moons.valid.y, moons.test.y]),
    modality="table",
    split=np.repeat(["train", "valid", "test"], [100, 200, 400]),
    name="few_moons",
)
net = deepbio.get_model("mlp", dataset=few, units=(100, 100), seed=0)
net.compile(optimizer=keras.optimizers.Adam(0.01), loss=keras.losses.BinaryCrossentropy(from_logits=True))
inputs, targets = np.asarray(few.train.x), np.asarray(few.train.y).reshape(-1, 1)
for _ in range(800):
    net.train_on_batch(inputs, targets)
before = deepbio.evaluate(net, few.test)
after = deepbio.evaluate(deepbio.inference.calibrate(net, few.valid, method="temperature"), few.test)
for name, result in (("as trained", before), ("calibrated", after)):
    print(f"{name:<11} accuracy {result['accuracy']}, ECE {result['ece']}, log loss {result['log_loss']}")

# %% Observed frequency against predicted probability: the network is too sure as trained, and near the diagonal once calibrated
figure, axes = plt.subplots(figsize=(4.6, 4.4))
for name, result, marker in (("as trained", before, "s"), ("calibrated", after, "o")):
    curve = reliability(np.asarray(result.y).ravel(), np.asarray(result.p).ravel())
    axes.plot(curve.confidence, curve.frequency, marker=marker, label=name)
axes.plot([0, 1], [0, 1], ":", color="0.5")
axes.set(xlabel="mean predicted probability", ylabel="observed frequency")
axes.legend()
plt.show()

# %% [markdown]
# Temperature scaling divides every logit by one number that is fitted to the validation split. It changes no decision of a
# two-class model, so the accuracy stays.
#
# ## Baselines, and the luckiest of many
#
# A result is a comparison. Here are three answers to the breast data: the most frequent class, the nearest neighbour, and a
# network, with the difference to the network on the *same* patients.

# %%
cells = deepbio.load_dataset("breast_cancer")
network = deepbio.get_model("mlp", dataset=cells, seed=0)
deepbio.fit(network, cells, seed=0)
x, y = np.asarray(cells.train.x), np.asarray(cells.train.y).ravel()
scale = x.std(axis=0)
x_test, y_test = np.asarray(cells.test.x) / scale, np.asarray(cells.test.y).ravel()
p = np.asarray(deepbio.predict(network, cells.test)).ravel()
for name, baseline in (("most frequent class", DummyClassifier()), ("nearest neighbour", KNeighborsClassifier(1))):
    q = np.asarray(baseline.fit(x / scale, y).predict(x_test), dtype=float)
    print(
        f"{name:<20} {np.mean(q == y_test):.3f}; network minus it: {paired_bootstrap(accuracy, y_test, p, q).difference}"
    )
print(f"{'network':<20} {deepbio.evaluate(network, cells.test)['accuracy']}")

# %%
guesses = np.random.default_rng(1).integers(0, 2, (200, 50))  # 200 models that guess, 50 test patients
truth = np.random.default_rng(2).integers(0, 2, 50)
scores = (guesses == truth).mean(axis=1)
again = (np.random.default_rng(4).integers(0, 2, (200, 50)) == truth).mean(axis=1)
print(f"best of 200 guessing models: {scores.max():.2f}; the same model on new patients: {again[scores.argmax()]:.2f}")

# %% [markdown]
# The best of many is the luckiest. Choose on the validation split, look at the test split once, and state how many models were
# tried.
#
# ### Exercise 13.3: no error so far
#
# A model made no error on 100 patients. What is the largest error rate that is still compatible with that at 95%: the rate at
# which 100 right answers in a row have a probability of 5%? Answer to three decimals.

# %%
largest_error = ...
check("13.3", largest_error)

# %% [markdown]
# ### Exercise 13.4: expected calibration error
#
# Write `ece(y, p, bins)` for a binary task: cut [0, 1] into `bins` intervals of equal width; sum over the bins the fraction of
# the cases in it, times the distance between the mean probability and the observed frequency. Empty bins add nothing; a
# probability of exactly 1 is in the last bin.


# %%
def ece(y, p, bins):
    return ...


check("13.4", ece)

# %% [markdown]
# ## What to remember
#
# - No figure without an interval, no interval without a unit: patients, not images.
# - Leakage first: if a result is too good, look for the patient in both splits.
# - A probability is a promise that can be tested. A comparison is made on the same patients, with a simple baseline among them.
#
# ## References
#
# 1. Wilson EB (1927). Probable inference, the law of succession, and statistical inference. J Am Stat Assoc 22:209–212.
#    [doi:10.1080/01621459.1927.10502953](https://doi.org/10.1080/01621459.1927.10502953)
# 2. Brown LD, Cai TT, DasGupta A (2001). Interval estimation for a binomial proportion. Statistical Science 16:101–133.
#    [doi:10.1214/ss/1009213286](https://doi.org/10.1214/ss/1009213286)
# 3. Kapoor S, Narayanan A (2023). Leakage and the reproducibility crisis in machine-learning-based science. Patterns 4:100804.
#    [doi:10.1016/j.patter.2023.100804](https://doi.org/10.1016/j.patter.2023.100804)
# 4. Guo C, Pleiss G, Sun Y, Weinberger KQ (2017). On calibration of modern neural networks. ICML.
#    [doi:10.48550/arXiv.1706.04599](https://doi.org/10.48550/arXiv.1706.04599)

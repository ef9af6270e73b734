# %% [markdown]
# # 9. Tricked: adversarial examples
#
# After this lesson, you can
#
# - compute the smallest perturbation that fools a linear model, and say why high dimension makes it small;
# - attack a network with the fast gradient sign method and with projected gradient descent;
# - draw a security curve with intervals, next to the control: random noise of the same size;
# - test whether the trick survives printing and photographing, and train against it.
#
# You need: lessons 4 and 6. Time: 60 minutes.

# %%
import matplotlib.pyplot as plt
import numpy as np

import deepbio
from deepbio.course import check
from deepbio.robustness import Photograph, attack_images, destruction_rate, security_curve

# %% [markdown]
# ## Why it works: many small votes
#
# Szegedy and colleagues found in 2013 that a network's answer flips after a change that nobody sees [1]. Goodfellow explained it
# with a linear model [2]: add $\varepsilon$ times the sign of the weight to each pixel, and the logit grows by
#
# $$w \cdot (x + \varepsilon \operatorname{sign} w) - w \cdot x = \varepsilon \sum_j |w_j| = \varepsilon \lVert w \rVert_1 .$$
#
# Each pixel changes by $\varepsilon$ at most, but the sum grows with the number of pixels. In 200,000 dimensions, imperceptible
# votes add up to a landslide.

# %%
random = np.random.default_rng(0)
for pixels in (64, 784, 150_528):
    w = random.normal(size=pixels) / np.sqrt(pixels)
    x = random.uniform(size=pixels)
    noise = random.choice([-1, 1], pixels)
    worst, typical = np.abs(w).sum() / 255, abs(w @ noise) / 255
    print(f"{pixels:>7} pixels: worst change of 1/255 moves the logit by {worst:.3f}, random signs by {typical:.4f}")

# %% [markdown]
# ### Exercise 9.1: the smallest perturbation of a linear model
#
# A linear model answers by the sign of $w \cdot x + b$. Write `smallest_epsilon(w, b, x)`: the smallest $\varepsilon$ for which
# changing each $x_j$ by at most $\varepsilon$ reaches the decision boundary.


# %%
def smallest_epsilon(w, b, x):
    return ...


check("9.1", smallest_epsilon)

# %% [markdown]
# ## One step, and many
#
# For a network, the gradient of the loss with respect to the *image* takes the place of $w$; back-propagation computes it as well
# as that of the weights. The **fast gradient sign method** (FGSM) takes one step of size $\varepsilon$ in the direction of its
# sign, and keeps pixels between 0 and 1. **Projected gradient descent** (PGD) [3] takes many small steps, and after each one
# returns to the box of size $\varepsilon$ around the original.
#
# ### Exercise 9.2: the step of FGSM
#
# Write `fgsm(x, gradient, epsilon)` for pixels from 0 to 1.


# %%
def fgsm(x, gradient, epsilon):
    return ...


check("9.2", fgsm)

# %% [markdown]
# ### Exercise 9.3: the projection of PGD
#
# Write `project(moved, original, epsilon)`: the nearest image to `moved` that differs from `original` by at most `epsilon` in
# each pixel and is an image, from 0 to 1.


# %%
def project(moved, original, epsilon):
    return ...


check("9.3", project)

# %% [markdown]
# ## Attack a network
#
# A small CNN that reads 97% of the test digits. `attack_images` moves pixels in float and judges every result twice: as it is,
# and rounded to bytes as a file would store it.

# %%
data = deepbio.load_dataset("digits")
model = deepbio.get_model("image_cnn", dataset=data, seed=0, filters=(16, 32))
deepbio.fit(model, data, seed=0, epochs=20)
x, y = np.asarray(data.test.x)[:150], np.asarray(data.test.y)[:150]
found = attack_images(model, x, y, attack="pgd", epsilon=32 / 255, steps=20, seed=0)
print("before:", found.clean_accuracy())
print("after: ", found.robust_accuracy(), "   as bytes:", found.robust_accuracy(as_bytes=True))

# %% Five digits, what was added to each (scaled for the eye), and the results, which the network reads as other digits
flipped = np.flatnonzero((found.clean == y) & (found.predicted_as_bytes != y))[:5]
figure, grid = plt.subplots(3, 5, figsize=(8, 5.2))
for column, i in zip(grid.T, flipped, strict=True):
    difference = found.pixels[i].astype(int) - x[i]
    for axes, picture, title, limits in zip(
        column,
        (x[i], difference, found.pixels[i]),
        (f"{found.clean[i]}", f"at most {np.abs(difference).max()}", f"{found.predicted_as_bytes[i]}"),
        ((0, 255), (-32, 32), (0, 255)),
        strict=True,
    ):
        axes.imshow(picture[..., 0], cmap="gray", vmin=limits[0], vmax=limits[1])
        axes.set_title(title)
        axes.axis("off")
plt.show()

# %% [markdown]
# ## The security curve and its control
#
# One $\varepsilon$ proves little. The curve shows accuracy against the size of the perturbation; it must fall to zero, or the
# attack is too weak. The control is random noise of the same size: if that hurt as much, the network would be merely bad.

# %%
epsilons = np.array([4, 8, 16, 24, 32, 48, 64]) / 255
curve = security_curve(model, x, y, epsilons=list(epsilons), attack="pgd", steps=20)
epsilons = np.array(curve.epsilons)  # with 0, the clean images, in front
random = np.random.default_rng(0)
noisy = []
for epsilon in epsilons:
    signs = random.choice([-1, 1], x.shape)
    pixels = np.clip(np.round(x + 255 * epsilon * signs), 0, 255).astype(np.uint8)
    noisy.append(np.mean(np.argmax(deepbio.predict(model, pixels), axis=1) == y))
for epsilon, attacked, control in zip(epsilons, curve.as_floats, noisy, strict=True):
    print(f"epsilon {255 * epsilon:>2.0f}/255: attacked {attacked}, random signs {control:.3f}")

# %% [markdown]
# ## Train against it
#
# Adversarial training [3] attacks each batch during training, and learns from the result. It costs time, and often some accuracy
# on clean images.

# %%
hardened = deepbio.get_model("image_cnn", dataset=data, seed=0, filters=(16, 32))
deepbio.fit(hardened, data, seed=0, epochs=20, adversarial={"attack": "pgd", "epsilon": 16 / 255, "steps": 5})
hardened_curve = security_curve(hardened, x, y, epsilons=list(epsilons[1:]), attack="pgd", steps=20)
print("clean accuracy of the hardened network:", deepbio.evaluate(hardened, data.test)["accuracy"])

# %% Accuracy against epsilon: the plain network falls to zero, the hardened one later; random noise of the same size hardly matters
figure, axes = plt.subplots(figsize=(7, 4))
for name, points, marker in (("attacked", curve.as_floats, "o"), ("attacked, hardened", hardened_curve.as_floats, "s")):
    values = np.array([p.value for p in points])
    errors = np.array([[p.value - p.low, p.high - p.value] for p in points]).T
    axes.errorbar(255 * epsilons, values, yerr=errors, marker=marker, capsize=3, label=name)
axes.plot(255 * epsilons, noisy, "k:", label="random signs, plain network")
axes.set(xlabel="epsilon, in grey values of 255", ylabel="accuracy", ylim=(0, 1.03))
axes.legend(loc="lower left")
plt.show()

# %% [markdown]
# ## Print it
#
# Does the trick survive a printer and a camera? Kurakin and colleagues printed adversarial photographs, photographed them, and
# found that many still fooled the network [4]. `Photograph` simulates it: contrast, a small rotation, blur, light, noise and
# JPEG. The *destruction rate* is the fraction of adversarial images that are read rightly again.

# %%
for name, photograph in {
    "careful": Photograph(degrees=2, perspective=0.01, blur=0.2, noise=0.01),
    "careless": Photograph(degrees=15, perspective=0.08, blur=0.8, noise=0.05, jpeg=50),
}.items():
    clean = np.rint(np.asarray(photograph(x.astype(np.float32) / 255, seed=0)) * 255).astype(np.uint8)
    control = np.mean(np.argmax(deepbio.predict(model, clean), axis=1) == y)
    print(
        f"{name:<9} photograph: destruction rate {destruction_rate(model, found, photograph=photograph, seed=0)}",
        end="",
    )
    print(f", clean digits read rightly {control:.3f}")

# %% [markdown]
# Most of the tricks survive. The careless photograph repairs even fewer, and its control shows why: it makes clean digits
# unreadable, too.
#
# What such a figure does and does not prove: an attack that fails proves nothing, because a stronger one may succeed. Broken
# defences mostly had *masked gradients*: they made the gradient useless, not the network robust.
# `deepbio.robustness.masking_checks` looks for the signs.
#
# ## What to remember
#
# - Many tiny changes, all in the worst direction, add up; random changes do not.
# - Report a security curve with intervals, with the control and the strongest attack you have.
# - Adversarial training moves the curve; nothing known today removes it.
#
# To try it by hand, `deepbio course widgets -o widgets` writes pages that need no network. For this lesson:
# `attack.html`.
#
# ## References
#
# 1. Szegedy C et al. (2014). Intriguing properties of neural networks. ICLR.
#    [doi:10.48550/arXiv.1312.6199](https://doi.org/10.48550/arXiv.1312.6199)
# 2. Goodfellow IJ, Shlens J, Szegedy C (2015). Explaining and harnessing adversarial examples. ICLR.
#    [doi:10.48550/arXiv.1412.6572](https://doi.org/10.48550/arXiv.1412.6572)
# 3. Madry A et al. (2018). Towards deep learning models resistant to adversarial attacks. ICLR.
#    [doi:10.48550/arXiv.1706.06083](https://doi.org/10.48550/arXiv.1706.06083)
# 4. Kurakin A, Goodfellow IJ, Bengio S (2017). Adversarial examples in the physical world. ICLR workshop.
#    [doi:10.48550/arXiv.1607.02533](https://doi.org/10.48550/arXiv.1607.02533)

# %% [markdown]
# # 11. Genomics: splice sites, motifs, a variant
#
# After this lesson, you can
#
# - turn DNA into an array, and a set of aligned sites into a logo of information;
# - find in a network the motif that biology knows;
# - compute the effect of every substitution in a sequence, and of one variant;
# - say what a score of a variant is, and what it is not.
#
# You need: lesson 6, and the package logomaker (`pip install "deepbio-zoo[course]"`). Time: 75 minutes.

# %%
import matplotlib.pyplot as plt
import numpy as np

import deepbio
from deepbio.course import check
from deepbio.interpret import filter_motifs, saturation_mutagenesis
from deepbio.interpret.drawing import draw_logo, draw_mutagenesis
from deepbio.sequence import decode, one_hot

# %% [markdown]
# ## Where an intron begins
#
# A gene is copied to RNA, and its introns are cut out. The cut begins almost always before `GT` and ends after `AG`: 98.7% of
# mammalian introns [1]. But `GT` occurs every sixteen bases by chance, so the machine must read more than two bases. `uci_splice`
# [2] has windows of 60 bases with the boundary, if there is one, between bases 30 and 31 (counted from 1): `EI` is a donor (exon
# to intron), `IE` an acceptor, `N` neither.

# %%
data = deepbio.load_dataset("uci_splice")
x, y = np.asarray(data.train.x), np.asarray(data.train.y)
donor, acceptor = data.labels.index("EI"), data.labels.index("IE")
print(data)
for k in np.flatnonzero(y == donor)[:3]:
    sequence = str(decode(x[k]))
    print(sequence[:30].lower() + "|" + sequence[30:])
gt = np.mean([decode(row)[30:32] == "GT" for row in x[y == donor]])
ag = np.mean([decode(row)[28:30] == "AG" for row in x[y == acceptor]])
print(f"donors with GT: {gt:.3f}; acceptors with AG: {ag:.3f}")

# %% [markdown]
# ### Exercise 11.1: one-hot
#
# Write `encode(sequence)`: an array of shape `(length, 4)` with the columns A, C, G, T; an unknown base (N) is a row of zeros.
# Small letters count, too.


# %%
def encode(sequence):
    return ...


check("11.1", encode)

# %% [markdown]
# ## A logo of information
#
# Align all donors and count the bases at each position. How much does a position say? With frequencies $p_b$, two bits minus the
# entropy [3]:
#
# $$I = 2 + \sum_b p_b \log_2 p_b .$$
#
# ### Exercise 11.2: information
#
# Write `information(counts)`: counts of shape `(length, 4)`, result of shape `(length,)` in bits. A base that never occurs adds
# nothing.


# %%
def information(counts):
    return ...


check("11.2", information)

# %% Logos of 60 bases around donors and acceptors: GT and AG are almost certain, the acceptor is preceded by a stretch of T and C
figure, both = plt.subplots(2, 1, figsize=(10, 4))
for axes, (name, label) in zip(both, (("donor", donor), ("acceptor", acceptor)), strict=True):
    frequency = np.asarray(one_hot(x[y == label])).mean(axis=0)
    bits = 2 + np.sum(frequency * np.log2(np.maximum(frequency, 1e-12)), axis=1)
    draw_logo(frequency * bits[:, None], axes, first=-30, y="bits")
    axes.set(title=name, ylim=(0, 2))
    axes.axvline(-0.5, color="0.5", ls=":")
    print(
        f"{name}: {bits.sum():.1f} bits in all, {np.sort(bits)[-2:].sum():.1f} of them in the two strongest positions"
    )
figure.tight_layout()
plt.show()

# %% [markdown]
# ## What the network has found
#
# The preset `dna_cnn.uci_splice` was trained on these windows and knows nothing of biology. Each filter of its first convolution
# responds to stretches of 15 bases. Average the stretches to which a filter responds strongly: its motif. We look for filters
# whose motif is most like the donor site above: exon end, `GT`, and what follows.

# %%
model = deepbio.get_model("dna_cnn.uci_splice")
print("accuracy:", deepbio.evaluate(model, data.test)["accuracy"])
found = filter_motifs(model, x[:1000])
core = np.asarray(one_hot(x[y == donor])).mean(axis=0)[27:36]  # three bases of the exon, six of the intron


def likeness(motif):
    """Largest correlation of the motif with the donor site over all offsets."""
    return max((np.corrcoef(motif[i : i + 9].ravel(), core.ravel())[0, 1], i) for i in range(len(motif) - 8))


scored = sorted(((*likeness(pattern.probabilities), pattern) for pattern in found), key=lambda item: -item[0])
for correlation, offset, pattern in scored[:3]:
    best = "".join("ACGT"[b] for b in pattern.probabilities[offset : offset + 9].argmax(axis=1))
    print(f"{pattern.name}: correlation {correlation:.2f} with the donor site, most probable bases {best}")
print("donor site:", "".join("ACGT"[b] for b in core.argmax(axis=1)))

# %% The donor site of the data above the motif of the network's most similar filter: both read G, then GT, then A or G, A, G
figure, both = plt.subplots(1, 2, figsize=(9, 2.4))
_, offset, pattern = scored[0]
for axes, values, title in zip(
    both, (core, pattern.probabilities[offset : offset + 9]), ("donor sites of the data", pattern.name), strict=True
):
    bits = 2 + np.sum(values * np.log2(np.maximum(values, 1e-12)), axis=1)
    draw_logo(values * bits[:, None], axes, first=-3, y="bits")
    axes.set_title(title)
figure.tight_layout()
plt.show()

# %% [markdown]
# ## Every substitution
#
# Change each base to each other one, and see what happens to the logit of `EI`: 180 predictions for 60 bases. The network was not
# asked where the donor is; the map shows it.

# %%
sequence = "CCAGCTGCATCACAGGAGGCCAGCGAGCAGGTCTGTTCCAAGGGCCTTCGAGCCAGTCTG"
effects = np.asarray(saturation_mutagenesis(model, sequence, target="EI", hypothetical=True))[0]
present = np.array(["ACGT".index(base) for base in sequence])
change = effects - effects[np.arange(60), present][:, None]  # change of the logit against the base that is there
worst = np.unravel_index(change.argmin(), change.shape)
print(
    f"worst substitution: {sequence[worst[0]]} to {'ACGT'[worst[1]]} at position {worst[0] + 1}, logit {change.min():.2f}"
)

# %% Change of the donor's logit for every substitution: those of GT in the middle destroy it, those beside it matter, others hardly
figure, axes = plt.subplots(figsize=(10, 2.4))
image = draw_mutagenesis(change, axes, first=1)
axes.set(xlabel="base of the sequence", xticks=range(1, 61), xticklabels=list(sequence))
figure.colorbar(image, ax=axes, label="change of logit")
plt.show()

# %% [markdown]
# ## A variant
#
# In patients one reads: reference G, alternate A, at the first base of the intron. Score it: predict both sequences, and compare.

# %%
alternate = sequence[:30] + "A" + sequence[31:]
p = np.asarray(deepbio.predict(model, [sequence, alternate]))
print(f"P(donor): reference {p[0, donor]:.3f}, alternate {p[1, donor]:.3f}, change {p[1, donor] - p[0, donor]:+.3f}")

# %% [markdown]
# This is the idea of SpliceAI [4] with 10,000 bases around a variant instead of 60, and of `deepbio variants splice`. A large
# score says: *the model expects the site to be lost*. It does not say that the patient is ill: other sites may take over, the
# exon may not matter, the person has two copies.
#
# ### Exercise 11.3: score a variant
#
# Write `variant_effect(predict, sequence, position, reference, alternate)`. `predict` returns the probability of a donor for one
# sequence. `position` counts from 1, as in a VCF file. Return the probability of the alternate sequence minus that of the
# reference; raise a `ValueError` if `reference` is not the base at that position.


# %%
def variant_effect(predict, sequence, position, reference, alternate):
    return ...


check("11.3", variant_effect)

# %% [markdown]
# ## What to remember
#
# - DNA is a one-hot array; a filter of a convolution is a motif.
# - Bits measure how much a position says. Two bases make most of a splice site, not all.
# - The reference base must agree with the sequence: most wrong variant scores begin with a position that is off by one.
#
# ## References
#
# 1. Burset M, Seledtsov IA, Solovyev VV (2000). Analysis of canonical and non-canonical splice sites in mammalian genomes.
#    Nucleic Acids Res 28:4364–4375. [doi:10.1093/nar/28.21.4364](https://doi.org/10.1093/nar/28.21.4364)
# 2. Towell G, Noordewier M, Shavlik J (1991). Molecular Biology (Splice-junction Gene Sequences). UCI Machine Learning Repository.
#    [doi:10.24432/C5M888](https://doi.org/10.24432/C5M888)
# 3. Schneider TD, Stephens RM (1990). Sequence logos: a new way to display consensus sequences. Nucleic Acids Res 18:6097–6100.
#    [doi:10.1093/nar/18.20.6097](https://doi.org/10.1093/nar/18.20.6097)
# 4. Jaganathan K et al. (2019). Predicting splicing from primary sequence with deep learning. Cell 176:535–548.
#    [doi:10.1016/j.cell.2018.12.015](https://doi.org/10.1016/j.cell.2018.12.015)

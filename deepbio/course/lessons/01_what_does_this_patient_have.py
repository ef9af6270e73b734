# %% [markdown]
# # 1. What does this patient have?
#
# After this lesson, you can
#
# - name the four kinds of question that a model answers, and what each answer looks like;
# - ask a model about a note, a sequence and a table, and read its probabilities;
# - compute what a positive test means for one patient, and why the prevalence decides;
# - name the baseline that every model must beat.
#
# You need: Python, percentages. Time: 45 minutes. Nothing here is fit for the care of patients: it is for research and teaching.

# %%
import matplotlib.pyplot as plt
import numpy as np

import deepbio
from deepbio.course import check

# %% [markdown]
# ## A note
#
# A child is brought to the clinic. Read the note before you read on. What would you think of?

# %%
note = """A six-year-old boy with high fever for three days, red eyes, a rash, a swollen
red strawberry tongue, swollen neck lymph nodes and irritability."""
answer = deepbio.diagnose(note, top=5)
for candidate in answer.candidates[:3]:
    print(f"{candidate.probability:6.1%}  {candidate.name}")

# %% [markdown]
# Kawasaki disease, an inflammation of the vessels of small children, was described in 1967 [1]. If it is treated late, the
# coronary arteries may suffer. The model learnt from synthetic notes of fifty diseases, so its certainty is about those notes,
# not about children. Lesson 10 takes it apart. For now, look at *why* it answers so: each finding of the note adds to the score
# of a disease.

# %% Contribution of each finding to the score of Kawasaki disease: strawberry tongue and swollen neck nodes add most
first = answer.candidates[0]
words = sorted([*first.words_for, *first.words_against], key=lambda word: word.weight)
figure, axes = plt.subplots(figsize=(7, 3.2))
axes.barh(
    [w.word for w in words], [w.weight for w in words], color=["tab:blue" if w.weight > 0 else "tab:red" for w in words]
)
axes.axvline(0, color="black", lw=0.8)
axes.set(xlabel="contribution to the logit", title=first.name)
figure.tight_layout()
plt.show()

# %% [markdown]
# ## A sequence and a table
#
# The same two verbs work elsewhere: load a model, predict. In a gene, introns are cut out. Is there a boundary in the middle of
# these 60 bases? `EI` is the beginning of an intron, `IE` its end, `N` neither.

# %%
splice = deepbio.get_model("dna_cnn.uci_splice")
sequences = [
    "CCAGCTGCATCACAGGAGGCCAGCGAGCAGGTCTGTTCCAAGGGCCTTCGAGCCAGTCTG",
    "GACTCTGATTTCCTGTCCCCTCTCTTGCAGATCTTCTCCACAGGTCCGGACAATGACACC",
]
data = deepbio.load_dataset("uci_splice")
for sequence, p in zip(sequences, deepbio.predict(splice, sequences), strict=True):
    print(sequence, {label: round(float(value), 3) for label, value in zip(data.labels, p, strict=True)})

# %% [markdown]
# A table has a row for each patient. This one has 30 measurements of cell nuclei from a breast mass [2]; the question is benign
# or malignant.

# %%
cells = deepbio.load_dataset("breast_cancer")
model = deepbio.get_model("logistic", dataset=cells, seed=0)
deepbio.fit(model, cells, seed=0)
result = deepbio.evaluate(model, cells.test)
p, y = np.asarray(result.p).ravel(), np.asarray(result.y).ravel()
called, ill = p >= 0.5, y == 1
print(f"{len(y)} patients: {ill.sum()} malignant, {(~ill).sum()} benign")
print(f"sensitivity {called[ill].mean():.3f}   (of the malignant, called malignant)")
print(f"specificity {(~called)[~ill].mean():.3f}   (of the benign, called benign)")

# %% [markdown]
# ## Four kinds of question
#
# | kind | question | answer |
# |---|---|---|
# | binary | Is it malignant? | one probability |
# | multiclass | Which of these classes is it? | one probability per class; they add up to 1 |
# | multilabel | Which of these are present? | one probability per label, each on its own |
# | regression | How much? | a number |
#
# ### Exercise 1.1: the kind of a question
#
# Which kind is each? Answer with "binary", "multiclass", "multilabel" or "regression".
#
# - a: Which of 14 findings does this chest X-ray show? It may show several, or none.
# - b: Which of ten digits is this?
# - c: How many days will the patient stay?
# - d: Is this sequence a promoter?

# %%
a, b, c, d = ..., ..., ..., ...
check("1.1", (a, b, c, d))

# %% [markdown]
# ## What a positive test means
#
# A patient does not ask for the sensitivity. She asks: *the test is positive; am I ill?* That is the positive predictive value
# (PPV), and Bayes' theorem connects them. With sensitivity $s$, specificity $t$ and prevalence $\pi$,
#
# $$\text{PPV} = \frac{s\,\pi}{s\,\pi + (1 - t)(1 - \pi)}.$$
#
# Doctors and students asked about a test with 5% false positives for a disease of 1 in 1,000 mostly answered 95%; the right
# answer is about 2% [3].

# %%
prevalences = np.logspace(-4, -0.3, 100)


def curve(sensitivity, specificity):
    ill_and_positive = sensitivity * prevalences
    return ill_and_positive / (ill_and_positive + (1 - specificity) * (1 - prevalences))


print(f"the question of 1978: {1 * 0.001 / (1 * 0.001 + 0.05 * 0.999):.3f}")

# %% Positive predictive value against prevalence for three specificities: a rare disease makes even a good test mostly wrong
figure, axes = plt.subplots(figsize=(6.5, 3.8))
for specificity in (0.9, 0.95, 0.99):
    axes.semilogx(prevalences, curve(0.95, specificity), label=f"specificity {specificity:.0%}")
axes.axvline(ill.mean(), color="0.6", ls=":", label="malignant in these data")
axes.set(xlabel="prevalence", ylabel="positive predictive value", title="sensitivity 95%")
axes.legend()
plt.show()

# %% [markdown]
# In the breast data, more than a third are malignant, because women were examined who had a mass. In a screening of all women the
# same model would mostly raise false alarms. **A model's accuracy belongs to a population.**
#
# ### Exercise 1.2: the positive predictive value
#
# Write `ppv(sensitivity, specificity, prevalence)`.


# %%
def ppv(sensitivity, specificity, prevalence):
    return ...


check("1.2", ppv)

# %% [markdown]
# ## The baseline
#
# "99% accurate" says nothing before you know what the simplest rule achieves.
#
# ### Exercise 1.3: the simplest rule
#
# One patient in 200 has the disease. Which accuracy, between 0 and 1, has the rule "nobody is ill", and which sensitivity? Answer
# with both.

# %%
accuracy, sensitivity = ..., ...
check("1.3", (accuracy, sensitivity))

# %% [markdown]
# ## What to remember
#
# - First the question: binary, multiclass, multilabel or regression.
# - A probability is about the population that the model has seen.
# - Report sensitivity and specificity, and the predictive value at the prevalence where the model will be used, beside a baseline.
#
# ## References
#
# 1. Kawasaki T (1967, in Japanese). Acute febrile mucocutaneous syndrome. Arerugi 16:178–222. In English: Kawasaki T et al. (1974).
#    Pediatrics 54:271–276. [doi:10.1542/peds.54.3.271](https://doi.org/10.1542/peds.54.3.271)
# 2. Street WN, Wolberg WH, Mangasarian OL (1993). Nuclear feature extraction for breast tumor diagnosis. Proc SPIE 1905:861–870.
#    [doi:10.1117/12.148698](https://doi.org/10.1117/12.148698)
# 3. Casscells W, Schoenberger A, Graboys TB (1978). Interpretation by physicians of clinical laboratory results. N Engl J Med
#    299:999–1001. [doi:10.1056/NEJM197811022991808](https://doi.org/10.1056/NEJM197811022991808)

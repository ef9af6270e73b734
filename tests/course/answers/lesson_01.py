"""Answers to the exercises of lesson 1."""


def ppv(sensitivity, specificity, prevalence):
    true = sensitivity * prevalence
    return true / (true + (1 - specificity) * (1 - prevalence))


RIGHT = {"1.1": ("multilabel", "multiclass", "regression", "binary"), "1.2": ppv, "1.3": (0.995, 0)}
WRONG = {
    "1.1": [
        (("multiclass", "multiclass", "regression", "binary"), "there may be none"),
        (("multilabel", "binary", "regression", "binary"), "exactly one of ten"),
        (("multilabel", "multiclass", "multiclass", "binary"), "a number, not a class"),
        (("multilabel", "multiclass", "regression", "yes"), "Expected one of binary"),
    ],
    "1.2": [
        (lambda s, t, q: s, "That is the sensitivity"),
        (lambda s, t, q: s * q / ((1 - t) * (1 - q)), "Those are the odds"),
        (lambda s, t, q: s / (s + 1 - t), "The prevalence is missing"),
        (lambda s, t, q: s * q / (s * q + t * (1 - q)), "not the specificity"),
        (lambda s, t, q: 2.0, "too large"),
    ],
    "1.3": [((0.005, 0), "fraction of errors"), ((0.995, 0.995), "how many does this rule find"), ((0.5, 0), "Count")],
}

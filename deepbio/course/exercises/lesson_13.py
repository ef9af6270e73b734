"""Checkers of lesson 13: intervals, splits, calibration."""

from typing import Any

import numpy as np

from deepbio.course.checking import AnswerError, NoAnswerError, call, exercise, near


@exercise("13.1", "Wilson's interval")
def wilson(answer: Any) -> str:
    """Try three results, one without errors; name the textbook's interval."""
    z = 1.96
    for k, n in ((95, 100), (100, 100), (3, 40)):
        p = k / n
        half, root = z * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2)), np.sqrt(p * (1 - p) / n)
        low, high = (p + z**2 / (2 * n) - half) / (1 + z**2 / n), (p + z**2 / (2 * n) + half) / (1 + z**2 / n)
        result = call(answer, k, n)
        if not isinstance(result, (tuple, list)) or len(result) != 2:
            raise AnswerError("Expected two values: return low, high.")
        if any(part is ... for part in result):
            raise NoAnswerError
        case = f"of the interval for {k} of {n}"
        for value, right, end, other in ((result[0], low, "low end", high), (result[1], high, "high end", low)):
            sign = -1 if end == "low end" else 1
            near(
                value,
                right,
                f"the {end} {case}",
                within=1e-6,
                mistakes={
                    other: "The ends are exchanged: return low, high.",
                    p + sign * z * root: "That is the textbook's interval, which fails near 0 and 1; use Wilson's.",
                    right * (1 + z**2 / n): "The division by 1 + z**2 / n is missing.",
                    p + sign * half: "The middle is not p: add z**2 / (2 n), and divide by 1 + z**2 / n.",
                },
            )
    return "95 of 100 is an accuracy from 0.888 to 0.978."


@exercise("13.2", "A split by patient")
def split_by_patient(answer: Any) -> str:
    """Look for patients in both splits, lost indices, the fraction and the seed."""
    patients = np.random.default_rng(13).permutation(np.repeat(np.arange(20), np.arange(1, 21)))
    trains = []
    for seed in (0, 1):
        result = call(answer, patients, 0.7, seed)
        if not isinstance(result, (tuple, list)) or len(result) != 2:
            raise AnswerError("Expected two arrays of indices: return train, test.")
        if any(part is ... for part in result):
            raise NoAnswerError
        train, test = (np.asarray(part) for part in result)
        if not all(np.issubdtype(part.dtype, np.integer) for part in (train, test)):
            raise AnswerError("Expected arrays of indices (integers).")
        both = set(patients[train]) & set(patients[test])
        if both:
            raise AnswerError(f"{len(both)} of 20 patients are in both splits, patient {min(both)} among them.")
        if sorted([*train, *test]) != list(range(len(patients))):
            raise AnswerError(
                f"{len(patients)} images, but {len(set(train) | set(test))} different indices: each belongs to one split, once."
            )
        part = len(set(patients[train])) / 20
        if abs(part - 0.7) > 0.051:
            raise AnswerError(
                f"{part:.0%} of the patients are in train; 70% were asked for. Count patients, not images."
            )
        trains.append(set(patients[train]))
    if trains[0] == trains[1]:
        raise AnswerError("Seeds 0 and 1 lead to the same split.")
    return "No patient is in both, no image is lost, and the seed decides."


@exercise("13.3", "No error so far")
def no_error(answer: Any) -> str:
    """Compare with 1 - 0.05 ** (1 / 100), and with the rule of three."""
    near(
        answer,
        1 - 0.05 ** (1 / 100),
        "the error rate at which 100 right answers in a row have a probability of 5%",
        within=6e-4,
        mistakes={
            0.0: "No error in 100 does not mean no error ever.",
            0.05: "5% is the probability of the series, not the rate: (1 - rate) ** 100 = 0.05.",
            0.05 ** (1 / 100): "That is the accuracy; the error rate is what is missing to 1.",
            0.01: "At a rate of 1%, 100 right answers in a row still have a probability of 37%.",
        },
    )
    return "About 3 in n, the rule of three."


@exercise("13.4", "Expected calibration error")
def ece(answer: Any) -> str:
    """Compare with bins of equal width; name weights, signs and classes that are confused."""
    random = np.random.default_rng(14)
    p = np.append(random.beta(1, 3, 200), [0.0, 1.0, 1.0])
    y = (random.uniform(size=203) < p**1.5).astype(int)
    where = np.minimum((p * 10).astype(int), 9)
    gaps = np.array([(p[where == k].mean() - y[where == k].mean()) for k in range(10) if (where == k).any()])
    sizes = np.array([(where == k).mean() for k in range(10) if (where == k).any()])
    without_last = np.array([((p >= k / 10) & (p < (k + 1) / 10)).mean() for k in range(10) if (where == k).any()])
    result = call(answer, y, p, 10)
    if np.ndim(result) == 0 and np.isnan(float(result)):
        raise AnswerError("The result is NaN: an empty bin has no mean, and adds nothing.")
    near(
        result,
        float(np.sum(sizes * np.abs(gaps))),
        "the expected calibration error with 10 bins",
        within=1e-9,
        mistakes={
            float(
                np.mean(np.abs(gaps))
            ): "A bin with few cases counts as much as one with many: weight by the fraction of the cases.",
            float(abs(np.sum(sizes * gaps))): "Distances of opposite sign cancel: take the absolute value in each bin.",
            float(np.sum(sizes * gaps)): "Distances of opposite sign cancel: take the absolute value in each bin.",
            float(np.sum(sizes * gaps**2)): "You square the distance; its absolute value is asked for.",
            float(np.max(np.abs(gaps))): "That is the largest distance (MCE); the expected one is a weighted mean.",
            float(np.sum(without_last * np.abs(gaps))): "Probabilities of exactly 1 are in no bin.",
        },
    )
    return "Weighted by the size of the bins, with the probability 1 in the last one."

"""Checkers of lesson 1: kinds of question, predictive value, baseline."""

from typing import Any

from deepbio.course.checking import AnswerError, NoAnswerError, call, exercise, near, number

KINDS = ("binary", "multiclass", "multilabel", "regression")
_WHY = {
    "a": "a: count the right answers for one image: there may be none, or several at once.",
    "b": "b: exactly one of ten answers is right.",
    "c": "c: the answer is a number, not a class.",
    "d": "d: the answer is yes or no.",
}


@exercise("1.1", "The kind of a question")
def kinds(answer: Any) -> str:
    """Compare four kinds; explain the first that is wrong."""
    if any(part is ... for part in answer):
        raise NoAnswerError
    given = [str(part).strip().lower() for part in answer]
    for part in given:
        if part not in KINDS:
            raise AnswerError(f"Expected one of {', '.join(KINDS)}; received {part!r}.")
    for (_, why), part, right in zip(
        _WHY.items(), given, ("multilabel", "multiclass", "regression", "binary"), strict=True
    ):
        if part != right:
            raise AnswerError(f"{why} You answered {part}.")
    return "All four are right."


@exercise("1.2", "The positive predictive value")
def predictive_value(answer: Any) -> str:
    """Try three tests; name the usual confusions."""
    for s, t, prevalence in ((0.9, 0.95, 0.01), (0.8, 0.7, 0.4), (1.0, 0.95, 0.001)):
        true, false = s * prevalence, (1 - t) * (1 - prevalence)
        near(
            call(answer, s, t, prevalence),
            true / (true + false),
            f"the PPV for sensitivity {s}, specificity {t} and prevalence {prevalence}",
            within=1e-9,
            mistakes={
                s: "That is the sensitivity: the probability of a positive test if ill, not of illness if the test is positive.",
                true / false: "Those are the odds, true positives over false positives; divide by all positives.",
                true
                / (
                    true + t * (1 - prevalence)
                ): "False positives are 1 - specificity of the healthy, not the specificity.",
                s / (s + 1 - t): "The prevalence is missing: that is the value for a prevalence of one half.",
                true: "That is the fraction of all people who are ill and positive; divide by all who are positive.",
                true / (true + (1 - t)): "The false positives come from the healthy only: multiply by 1 - prevalence.",
            },
        )
    return "A test with 95% specificity for a disease of 1 in 1,000 is right about a positive in 2 of 100 cases."


@exercise("1.3", "The simplest rule")
def baseline(answer: Any) -> str:
    """Compare with 0.995 and 0."""
    if any(part is ... for part in answer):
        raise NoAnswerError
    near(
        answer[0],
        0.995,
        "the accuracy of 'nobody is ill'",
        within=1e-6,
        mistakes={
            0.005: "That is the fraction of errors.",
            99.5: "Answer with a number between 0 and 1.",
            0.5: "Count: how many of 200 does the rule get right?",
        },
    )
    if number(answer[1], "the sensitivity") != 0:
        raise AnswerError(
            "The accuracy is right. The sensitivity is the fraction of the ill who are found; how many does this rule find?"
        )
    return "An accuracy of 99.5%, and no patient is found."

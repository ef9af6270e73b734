"""Sections of a page for what attacks found: accuracies, signs of masked gradients, and the security curve."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from deepbio.interpret.drawing import as_png
from deepbio.interpret.page import Section
from deepbio.metrics import Estimate
from deepbio.robustness.attacks.adversarial import Adversarial
from deepbio.robustness.evaluation.curve import SecurityCurve
from deepbio.robustness.evaluation.masking import MaskingReport

if TYPE_CHECKING:
    import keras
    from matplotlib.figure import Figure


def class_names(labels: Sequence[str], model: keras.Model) -> list[str]:
    """Return the labels, or the numbers of a model's classes where it has none."""
    return [str(label) for label in labels] or [str(k) for k in range(max(2, int(model.output_shape[-1])))]


def image_accuracies(found: Adversarial, among_bytes: Adversarial) -> list[tuple[str, Estimate]]:
    """Return the accuracies that a report of an attack on images has, by name.

    Args:
        found: Result of the attack.
        among_bytes: Result of PGD with `as_bytes`.
    """
    return [
        ("without an attack", found.clean_accuracy()),
        (f"{found.attack}, floats", found.robust_accuracy()),
        (f"{found.attack}, rounded to bytes", found.robust_accuracy(as_bytes=True)),
        ("pgd among bytes", among_bytes.robust_accuracy()),
    ]


def image_sections(
    accuracies: Sequence[tuple[str, Estimate]], about: str, checks: MaskingReport, curve: SecurityCurve, figure: Figure
) -> list[Section]:
    """Return the sections of an attack on images.

    Args:
        accuracies: Result of `image_accuracies`.
        about: The radius in words.
        checks: Signs of masked gradients.
        curve: Security curve.
        figure: Its picture.
    """
    verdicts = [
        (c.name, "not checked" if c.passed is None else "yes" if c.passed else "NO", c.found) for c in checks.checks
    ]
    return [
        Section("Accuracy", about, header=("examples", "accuracy"), rows=[(name, str(one)) for name, one in accuracies]),
        Section("Signs of masked gradients", str(checks).split(" (")[0], header=("check", "passed", "found"), rows=verdicts),
        Section(
            "Security curve", picture=as_png(figure), alt="Accuracy under attack falls as epsilon grows.",
            caption="PGD with 40 steps; bands are 95% intervals.", header=("epsilon", "accuracy"),
            rows=[(f"{e:.4g}", str(one)) for e, one in zip(curve.epsilons, curve.as_floats, strict=True)],
        ),
    ]  # fmt: skip


def image_figures(
    accuracies: Sequence[tuple[str, Estimate]], checks: MaskingReport, curve: SecurityCurve
) -> dict[str, Any]:
    """Return the same as plain figures for a JSON file."""
    return {
        "masked_gradients": checks.masked,
        "checks": [{"name": c.name, "passed": c.passed, "found": c.found} for c in checks.checks],
        "accuracy": {name: one.to_dict() for name, one in accuracies},
        "curve": [{"epsilon": e, **one.to_dict()} for e, one in zip(curve.epsilons, curve.as_floats, strict=True)],
    }

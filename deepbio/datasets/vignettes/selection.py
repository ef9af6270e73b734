"""Which diseases a set of notes is about: one stated rule for fifty, for five hundred and for all."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Literal

from deepbio.datasets.vignettes.annotations import Disease
from deepbio.errors import DataError

LEAST_FINDINGS = 10
MOST_OVERLAP = 0.4


def choose_diseases(
    diseases: Sequence[Disease],
    number: int | Literal["all"],
    *,
    everyday: Collection[str],
    always: Collection[str] = (),
    fewest: int = LEAST_FINDINGS,
) -> list[Disease]:
    """Choose the diseases that a note about everyday complaints could mean.

    Only diseases with at least `fewest` findings of known frequency count. They are ranked by how many of the everyday
    complaints (fever, cough, headache, ...) they can show, then by their number of findings, then by id. From the top, a
    disease is taken unless it shares more than 40% of its findings (intersection over union) with one already taken:
    that leaves out most subtypes of one disease. `"all"` takes every disease that counts.

    Args:
        diseases: to choose from.
        number: how many, or `"all"`.
        everyday: ids of the everyday complaints.
        always: ids of diseases that are taken first.
        fewest: findings of known frequency that a disease must have; 1 leaves all diseases with frequencies.

    Returns:
        the chosen ones, sorted by name.

    Raises:
        DataError: fewer than two asked for, or more than the rule leaves, or `fewest` under 1.
    """
    if isinstance(fewest, bool) or not isinstance(fewest, int) or fewest < 1:
        raise DataError(f"fewest is the least number of findings of a disease, 1 or more; received {fewest!r}.")
    enough = [disease for disease in diseases if len(disease.frequency) >= fewest]
    everyday = set(everyday)
    ranked = sorted(
        enough,
        key=lambda d: (d.id not in always, -len(everyday & d.frequency.keys()), -len(d.frequency), d.id),
    )
    if number == "all":
        taken = ranked
    else:
        if isinstance(number, bool) or not isinstance(number, int) or number < 2:
            raise DataError(f"The number of diseases is at least 2, or 'all'; received {number!r}.")
        taken = []
        for disease in ranked:
            if len(taken) == number:
                break
            if all(_overlap(disease, other) <= MOST_OVERLAP for other in taken):
                taken.append(disease)
        if len(taken) < number:
            raise DataError(
                f"The rule leaves {len(taken)} diseases; {number} were asked for. "
                f"Ask for fewer, or for 'all' ({len(ranked)}, near-duplicates among them)."
            )
    return sorted(taken, key=lambda d: (d.name.casefold(), d.id))


def _overlap(a: Disease, b: Disease) -> float:
    shared = len(a.frequency.keys() & b.frequency.keys())
    return shared / (len(a.frequency) + len(b.frequency) - shared)

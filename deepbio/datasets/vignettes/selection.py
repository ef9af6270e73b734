"""`choose_diseases`: one rule for which diseases a set of notes is about, for fifty, for five hundred and for all."""

from collections.abc import Collection, Sequence
from typing import Literal

from deepbio.datasets.vignettes.annotations import Disease
from deepbio.errors import DataError

MIN_FINDINGS = 10
MAX_OVERLAP = 0.4


def choose_diseases(
    diseases: Sequence[Disease],
    number: int | Literal["all"],
    *,
    everyday: Collection[str],
    always: Collection[str] = (),
    min_findings: int = MIN_FINDINGS,
) -> list[Disease]:
    """Choose the diseases that a note about everyday complaints could mean.

    Diseases with fewer than `min_findings` findings of known frequency are left out. The others are ranked by the number of
    everyday complaints (fever, cough, headache, ...) among their findings, then by their number of findings, then by id. From
    the top, a disease is chosen unless it shares more than 40% of its findings (intersection over union) with one already
    chosen, which leaves out most subtypes of one disease. `"all"` chooses every ranked disease.

    Args:
        diseases: Diseases to choose from.
        number: Number of diseases, or `"all"`.
        everyday: Ids of the everyday complaints.
        always: Ids of diseases that are ranked first.
        min_findings: Minimum number of findings of known frequency; 1 keeps all diseases with frequencies.

    Returns:
        The chosen diseases, sorted by name.

    Raises:
        DataError: `number` is below two or more than the rule leaves, or `min_findings` is below 1.
    """
    if isinstance(min_findings, bool) or not isinstance(min_findings, int) or min_findings < 1:
        raise DataError(f"min_findings is a number of findings, at least 1; received {min_findings!r}.")
    everyday = set(everyday)
    ranked = sorted(
        (disease for disease in diseases if len(disease.frequency) >= min_findings),
        key=lambda d: (d.id not in always, -len(everyday & d.frequency.keys()), -len(d.frequency), d.id),
    )
    if number == "all":
        chosen = ranked
    else:
        if isinstance(number, bool) or not isinstance(number, int) or number < 2:
            raise DataError(f"The number of diseases is at least 2, or 'all'; received {number!r}.")
        chosen = []
        for disease in ranked:
            if len(chosen) == number:
                break
            if all(_overlap(disease, other) <= MAX_OVERLAP for other in chosen):
                chosen.append(disease)
        if len(chosen) < number:
            raise DataError(
                f"The rule leaves {len(chosen)} diseases; {number} were asked for. "
                f"Ask for fewer, or for 'all' ({len(ranked)}, near-duplicates among them)."
            )
    return sorted(chosen, key=lambda d: (d.name.casefold(), d.id))


def _overlap(a: Disease, b: Disease) -> float:
    shared = len(a.frequency.keys() & b.frequency.keys())
    return shared / (len(a.frequency) + len(b.frequency) - shared)

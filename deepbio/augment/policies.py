"""Named policies: operations that are applied together."""

from collections.abc import Mapping
from typing import Any

from deepbio.specs import ModelInput

_EVOAUG = {
    "number": 2,
    "operations": (
        {"delete": {"max_bases": 30}},
        {"translocate": {"max_bases": 20}},
        {"insert": {"max_bases": 20}},
        {"invert": {"max_bases": 20}},
        {"reverse_complement": {"probability": 0.5}},
        {"mutate": {"fraction": 0.05}},
    ),
}

POLICIES: dict[str, dict[str, tuple[Any, ...]]] = {
    "image": {
        "none": (),
        "light": ("flip", {"shift": {"factor": 0.07}}),
        # how pictures of one organ differ; no mirror image, since organs have sides
        "medical": (
            {"rotate": {"degrees": 10}},
            {"shift": {"factor": 0.1}},
            {"zoom": {"factor": 0.1}},
            {"contrast": {"factor": 0.2}},
            {"brightness": {"factor": 0.1}},
            {"noise": {"max_std": 0.02}},
        ),
        "strong": ("flip", {"crop": {"min_fraction": 0.7}}, {"rand_augment": {"number": 2, "strength": 0.5}}, "mixup"),
    },
    "dna": {
        "none": (),
        "light": ("reverse_complement", {"shift": {"max_bases": 3}}),
        "strong": ({"some_of": _EVOAUG},),
        # two of EvoAug's operations for each sequence, with the amounts of Lee et al. 2023
        "evoaug": ({"some_of": _EVOAUG},),
    },
}
"""Operations of each policy, by modality and name, in the order in which they are applied."""


def policy_operations(policy: str, input: ModelInput) -> tuple[Any, ...]:
    """Return the operations of a policy for an input; amounts in bases are at most an eighth of the sequence.

    Example:
        >>> policy_operations("light", ModelInput("dna", (16,)))
        ('reverse_complement', {'shift': {'max_bases': 2}})
    """
    found = POLICIES[input.modality][policy]
    return _capped(found, max(input.shape[0] // 8, 1)) if input.modality == "dna" else found


def _capped(spec: Any, limit: int) -> Any:
    if isinstance(spec, Mapping):
        return {k: min(v, limit) if k == "max_bases" else _capped(v, limit) for k, v in spec.items()}
    return tuple(_capped(one, limit) for one in spec) if isinstance(spec, (list, tuple)) else spec

"""Named policies: sets of operations that go together."""

from __future__ import annotations

from typing import Any

_MEDICAL: tuple[Any, ...] = (
    {"rotate": {"degrees": 10}},
    {"shift": {"share": 0.1}},
    {"zoom": {"share": 0.1}},
    {"contrast": {"share": 0.2}},
    {"brightness": {"share": 0.1}},
    {"noise": {"share": 0.02}},
)
_EVOAUG: tuple[Any, ...] = (
    {
        "some_of": {
            "number": 2,
            "operations": (
                {"delete": {"most": 30}},
                {"translocate": {"most": 20}},
                {"insert": {"most": 20}},
                {"invert": {"most": 20}},
                {"reverse_complement": {"probability": 0.5}},
                {"mutate": {"share": 0.05}},
            ),
        }
    },
)

POLICIES: dict[str, dict[str, tuple[Any, ...]]] = {
    "image": {
        "none": (),
        "light": ("flip", {"shift": {"share": 0.07}}),
        # how pictures of one organ differ; no mirror image, since organs have sides
        "medical": _MEDICAL,
        "strong": ("flip", {"crop": {"least": 0.7}}, {"rand_augment": {"number": 2, "strength": 0.5}}, "mixup"),
    },
    "dna": {
        "none": (),
        "light": ("reverse_complement", {"shift": {"most": 3}}),
        "strong": _EVOAUG,
        # two of EvoAug's operations for each sequence, with the amounts of Lee et al. 2023
        "evoaug": _EVOAUG,
    },
}
"""Operations of each policy, by modality and name, in the order in which they are applied."""

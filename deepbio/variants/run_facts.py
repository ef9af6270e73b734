"""How a VCF was scored, as a line of its header: a report computes the same again, or refuses."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from deepbio.errors import DataError
from deepbio.files import FilePath
from deepbio.genome.vcf import VcfFile, header_keys
from deepbio.variants.worker import WEIGHTS

_ID = "splice"
_QUOTED = {"weights", "annotation"}


def header_line(facts: Mapping[str, Any]) -> str:
    """Return the line `##deepbio=<ID=splice,...>` of a run.

    Args:
        facts: Values by name: numbers, checksums and names.

    Example:
        >>> header_line({"distance": 50, "weights": "ci"})
        '##deepbio=<ID=splice,distance=50,weights="ci">'
    """
    parts = [f"{name}={_value(name, value)}" for name, value in facts.items()]
    return f"##deepbio=<{','.join([f'ID={_ID}', *parts])}>"


def with_facts(header: Sequence[str], facts: Mapping[str, Any]) -> list[str]:
    """Return a header with the line of a run before its last line, in the place of an older one."""
    older = f"##deepbio=<ID={_ID},"
    return [*(line for line in header[:-1] if not line.startswith(older)), header_line(facts), header[-1]]


def facts_of(inputs: Mapping[str, Any], *, weights: object, annotation: FilePath) -> dict[str, Any]:
    """Return the facts about a run.

    Args:
        inputs: What the scores depend on, from `deepbio.variants.worker.Worker.inputs`.
        weights: Name or path of the weights, or a model. Only the names of `splice` are recorded; the checksum always is.
        annotation: Name or path of the annotation. Of a path, the last part is recorded.
    """
    named = {"weights": weights} if isinstance(weights, str) and weights in WEIGHTS else {}
    return {
        "version": inputs["version"],
        **named,
        "annotation": Path(annotation).name,
        "distance": inputs["distance"],
        "mask": int(inputs["mask"]),
        "all_isoforms": int(inputs["all_isoforms"]),
        **{f"{name}_sha256": inputs[name] for name in ("weights", "fasta", "annotation")},
    }


def _value(name: str, value: Any) -> str:
    return '"' + re.sub(r'["\\\\<>]', "", str(value)) + '"' if name in _QUOTED else str(value)


def recorded_facts(file: VcfFile) -> dict[str, str]:
    """Return what the header of a VCF records about its scores; empty if another program wrote them.

    Raises:
        DataError: the header has several such lines, for example of files that were merged.
    """
    found = [header_keys(line) for line in file.header if line.startswith("##deepbio=<")]
    found = [keys for keys in found if keys.get("ID") == _ID]
    if len(found) > 1:
        raise DataError(
            f"{file.path}: the header records {len(found)} runs of deepbio. Score the variants again, in one run."
        )
    return {name: value.strip('"') for name, value in found[0].items()} if found else {}

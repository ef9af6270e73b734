"""Explanations of variants: the attributions of the reference and of the alternate window, one above the other."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from deepbio.errors import DataError
from deepbio.files import FilePath
from deepbio.genome import VcfFile, open_genome
from deepbio.genome.windows import padded
from deepbio.interpret import drawing
from deepbio.interpret.explain import boxes_of
from deepbio.sequence import encode

if TYPE_CHECKING:
    from deepbio.interpret.explain import DnaExplanation

_AROUND = 40  # bases drawn on either side of a variant


@dataclass(frozen=True, eq=False)
class VariantWindows:
    """Windows of variants, as the model reads them.

    Args:
        names: `chromosome:position REF>ALT` of each.
        reference: uint8 codes `(n, length)`; the variant begins at `length // 2`.
        alternate: uint8 codes `(n, length)`.
        skipped: Variants that have no windows, each with the reason.
        more: Number of alternates beyond the limit, which were not read.
    """

    names: tuple[str, ...]
    reference: np.ndarray = field(repr=False)
    alternate: np.ndarray = field(repr=False)
    skipped: tuple[str, ...] = ()
    more: int = 0


def variant_windows(vcf: FilePath, genome: FilePath, *, length: int, limit: int = 20) -> VariantWindows:
    """Read the windows of the first variants of a VCF.

    Args:
        vcf: Path of the VCF.
        genome: Path of the reference genome as FASTA.
        length: Number of bases of a window.
        limit: Maximum number of alternates.

    Raises:
        DataError: No variant can be explained: none has bases, lies on the genome and agrees with it.
    """
    opened = open_genome(genome)
    names, reference, alternate, skipped, more = [], [], [], [], 0
    for record in VcfFile(vcf).records():
        name = opened.find_name(record.chromosome)
        start, half = record.position - 1, length // 2
        for alt in record.alternates:
            label = f"{record.chromosome}:{record.position} {record.reference}>{alt}"
            if name is None or not set(f"{record.reference}{alt}".upper()) <= set("ACGTN"):
                skipped.append(
                    f"{label}: {'chromosome not in the FASTA' if name is None else 'an allele is no sequence'}"
                )
                continue
            chromosome, after = opened[name], start + len(record.reference)
            if not np.array_equal(padded(chromosome, start, after), encode(record.reference.upper())):
                skipped.append(f"{label}: REF differs from the FASTA")
                continue
            if max(len(record.reference), len(alt)) > half:
                skipped.append(f"{label}: allele longer than half the window")
                continue
            if len(names) >= limit:
                more += 1
                continue
            begin = start - half
            names.append(label)
            reference.append(padded(chromosome, begin, begin + length))
            changed = [padded(chromosome, begin, start), encode(alt.upper()), padded(chromosome, after, after + length)]
            alternate.append(np.concatenate(changed)[:length])
    if not names:
        why = f" {skipped[0]}." if skipped else ""
        raise DataError(f"{vcf}: no variant can be explained.{why}")
    return VariantWindows(tuple(names), np.stack(reference), np.stack(alternate), tuple(skipped), more)


def draw_variant(windows: VariantWindows, index: int, reference: DnaExplanation, alternate: DnaExplanation) -> Any:
    """Draw the logos around one variant: the reference above, the alternate below, on one scale.

    Args:
        windows: Windows of the variants.
        index: Index of the variant.
        reference: Attributions of the reference windows.
        alternate: Attributions of the alternate windows.
    """
    centre = windows.reference.shape[1] // 2
    first, last = max(centre - _AROUND, 0), min(centre + _AROUND, windows.reference.shape[1])
    figure, axes = drawing.new_figure(2)
    alleles = windows.names[index].split(" ")[1].split(">")
    limits = []
    for one, found, allele, name in zip(axes, (reference, alternate), alleles, ("REF", "ALT"), strict=True):
        own = found.seqlets[found.seqlets["example"] == index]
        boxes = boxes_of(own, first, last)
        drawing.draw_logo(found.values[index, first:last], one, first=first, boxes=boxes, y=f"{name} {allele[:8]}")
        one.axvspan(centre - 0.5, centre - 0.5 + len(allele), color="#E69F00", alpha=0.25, linewidth=0)
        limits.append(one.get_ylim())
    for one in axes:
        one.set_ylim(min(low for low, _ in limits), max(high for _, high in limits))
    axes[1].set_xlabel(f"position in the window; {windows.names[index]} begins at {centre}")
    return figure

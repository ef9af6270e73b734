"""`deepbio variants report`: a page of the variants with the largest delta scores."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from deepbio.cli.console import load_tensorflow, note


def report(
    vcf: Annotated[
        Path, typer.Argument(help="VCF or BCF with the INFO field SpliceAI, from `deepbio variants splice`.")
    ],
    fasta: Annotated[Path, typer.Option("--fasta", help="Reference genome that the variants were scored with.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Page, as .html; written whole or not at all.")],
    annotation: Annotated[
        str | None, typer.Option("--annotation", help="Genes as for splice; default: the build that the VCF records.")
    ] = None,
    weights: Annotated[
        str | None, typer.Option(help="Weights as for splice; default: those that the VCF records.")
    ] = None,
    distance: Annotated[
        int | None, typer.Option(help="Distance as for splice; default: that which the VCF records.")
    ] = None,
    top: Annotated[int, typer.Option(help="Number of entries with the largest scores.")] = 50,
) -> None:
    """Show the largest delta scores on one page: a table, and for each variant the probabilities of both alleles and the exons."""
    load_tensorflow()
    from deepbio import variants

    found = variants.report(
        vcf, out, fasta=fasta, annotation=annotation, weights=weights, distance=distance, top=top
    )  # fmt: skip
    note(f"{len(found.explained):,} of {found.entries:,} entries with scores written to {out}.")

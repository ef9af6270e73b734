"""`deepbio explain`: why a model predicts what it does, as files and one page."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import typer

from deepbio.cli.console import key_values, load_tensorflow, note
from deepbio.cli.explain_sections import (
    IMAGE_METHODS,
    TEXT_METHODS,
    Request,
    dna_sections,
    image_sections,
    note_sections,
    table_sections,
    variant_sections,
)
from deepbio.cli.options import Model, ResultFolder, with_groups
from deepbio.cli.own_data import DataOptions
from deepbio.cli.trained import trained
from deepbio.errors import DataError, DeepbioError, nearest

if TYPE_CHECKING:
    import keras

    from deepbio.zoo.record import ModelRecord

_FOR = {"--motifs": ("dna",), "--background": ("table",), "--pictures": ("dna", "image")}


@with_groups
def explain(
    model: Model,
    file: Annotated[
        Path | None,
        typer.Argument(help="FASTA, BED, VCF, image or folder of images, text file of notes, or table."),
    ] = None,
    *,
    out: ResultFolder = None,
    method: Annotated[
        str | None,
        typer.Option(
            help="Method. DNA: deep_lift_shap (default), saturation_mutagenesis, integrated_gradients, "
            "expected_integrated_gradients, input_x_gradient, saliency, smoothgrad. Images: grad_cam (default), grad_cam++, "
            "integrated_gradients, smoothgrad, occlusion, rise. Notes: integrated_gradients (default), occlusion, "
            "sentence_occlusion, opposites (of phrases). Tables: shap."
        ),
    ] = None,
    target: Annotated[str | None, typer.Option(help="Label or index of the explained output.")] = None,
    position: Annotated[
        int | None,
        typer.Option(help="Position of the explained output, for outputs along a sequence; default their mean."),
    ] = None,
    motifs: Annotated[str | None, typer.Option(help="Motifs that name seqlets: a MEME file, or jaspar.")] = None,
    data: DataOptions,
    limit: Annotated[int, typer.Option(min=1, help="Maximum number of explained examples.")] = 20,
    background: Annotated[
        Path | None, typer.Option(help="Table of rows that replace a missing column; default the file.")
    ] = None,
    pictures: Annotated[
        str | None, typer.Option("--pictures", help="Format of the pictures: png (default) or svg.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Random seed.")] = 0,
) -> None:
    """Explain predictions: arrays, tables and pictures in a folder, and one page, explanation.html, that shows them.

    Files are read as those of training were. With --vcf and --genome, each variant is explained: reference and alternate window.
    """
    if out is None:
        raise DeepbioError("Expected a folder for the result: -o DIR.")
    vcf = _vcf_of(file, data)
    options: dict[str, Any] = {} if vcf else data.of_a_path() if file is not None else data.files()
    if vcf is None and file is None and not options:
        raise DeepbioError(
            "Expected either a file or --vcf, or other options of your own data, for example: deepbio explain MODEL my.fa -o DIR"
        )
    if pictures not in (None, "png", "svg"):
        raise DeepbioError(f"Expected --pictures png or svg; received {pictures!r}.")
    folder = trained(model)
    load_tensorflow()
    from deepbio.files import writable_folder
    from deepbio.inference.own_files import read_examples, source_options
    from deepbio.interpret.motifs import load_motifs
    from deepbio.interpret.page import write_page
    from deepbio.zoo import describe, get_model

    built = get_model(folder)
    record = describe(built)
    if record.input is None:
        raise DeepbioError(f"{model} has no record of its input. Use deepbio.interpret in Python.")
    modality = record.input.modality
    for option, value in {"--motifs": motifs, "--background": background, "--pictures": pictures}.items():
        if value is not None and modality not in _FOR[option]:
            raise DeepbioError(f"{option} is for models of {' or '.join(_FOR[option])}; {model} takes {modality}.")
    if vcf is not None and modality != "dna":
        raise DeepbioError(f"--vcf is for DNA models; {model} takes {modality}.")
    way, chosen = _method(method, built, modality), _target(target, position, built, record)
    named = None if motifs is None else load_motifs(motifs)
    facts = [("model", model), ("method", way), ("target", "its output" if target is None else target)]
    if position is not None:
        facts.append(("position", str(position)))
    notes: list[str] = []
    if vcf is not None:
        asked = Request(built, way, chosen, writable_folder(out), pictures or "png", seed, named)
        sections, more = variant_sections(asked, vcf, Path(str(data.genome)), limit)
    else:
        if file is None:
            options |= key_values(data.data or [], option="--data")
        else:
            options = source_options(record.input, file, options)
        source, ids = read_examples(record, options)
        if not len(source):
            raise DataError(f"{file or 'Your files'}: no examples.")
        around = source
        if background is not None:
            roles = {name: value for name, value in options.items() if name not in ("csv", "h5ad")}
            around = read_examples(record, source_options(record.input, background, roles))[0]
        asked = Request(built, way, chosen, writable_folder(out), pictures or "png", seed, named)
        kept = np.arange(min(limit, len(source)))
        x, names = np.asarray(source[kept]), _regions(source, kept) or [ids[i] for i in kept]
        if len(source) > limit:
            notes.append(f"The first {limit} of {len(source)} examples; --limit takes more.")
        if modality == "table":
            sections, more = table_sections(asked, x, names, np.asarray(around[np.arange(min(100, len(around)))]))
        else:
            explained = {"dna": dna_sections, "image": image_sections, "text": note_sections}[modality]
            sections, more = explained(asked, x, names)
    page = asked.folder / "explanation.html"
    write_page(page, title=f"Explanation of {model}", facts=facts, notes=notes + more, sections=sections)
    note(f"{len(sections)} explained; open {page}.")


def _vcf_of(file: Path | None, data: DataOptions) -> Path | None:
    """Return the VCF whose variants are explained, if there is one."""
    own = file is not None and file.name.lower().removesuffix(".gz").removesuffix(".bgz").endswith((".vcf", ".bcf"))
    if not own and not data.vcf:
        if data.genome is not None and file is None and not data.bed and not data.h5ad:
            raise DeepbioError("--vcf and --genome belong together: the windows of a VCF are read from the genome.")
        return None
    if own and data.vcf:
        raise DeepbioError(f"Expected either a file or --vcf; received {file} and --vcf {data.vcf[0]}.")
    if data.genome is None:
        raise DeepbioError("--vcf and --genome belong together: the windows of a VCF are read from the genome.")
    if data.vcf and len(data.vcf) > 1:
        raise DeepbioError(f"Expected one VCF to explain; received {len(data.vcf)}.")
    rest = replace(data, vcf=None, genome=None).of_a_path()
    if rest:
        raise DeepbioError(
            f"--{next(iter(rest))} is not for variants: their windows are read from the genome at the model's length."
        )
    found = file if own else Path(data.vcf[0]) if data.vcf else None
    if found is not None and not found.exists():
        raise DeepbioError(f"Expected a VCF at {found}; there is none.")
    return found


def _regions(source: Any, kept: np.ndarray) -> list[str]:
    """Return the regions of windows that are cut from a genome, with their strands; empty for other examples."""
    from deepbio.genome import GenomeWindows

    if not isinstance(source, GenomeWindows) or source.starts[kept].min() < 0:
        return []
    places = zip(source.chromosomes[kept], source.starts[kept].tolist(), source.minus[kept], strict=True)
    return [f"{name}:{start}-{start + source.length}{'(-)' if minus else ''}" for name, start, minus in places]


def _method(method: str | None, model: keras.Model, modality: str) -> str:
    """Return the method; without one, the default of the modality."""
    from deepbio.interpret.explain import METHODS
    from deepbio.interpret.text import WORDS

    known = {"dna": tuple(METHODS), "image": IMAGE_METHODS, "text": TEXT_METHODS, "table": ("shap",)}[modality]
    if method is not None and method not in known:
        raise DeepbioError(f"Unknown --method {method!r} for this model. {nearest(method, known)}")
    without_vectors = modality == "text" and WORDS not in [layer.name for layer in model.layers]
    return method or ("occlusion" if without_vectors else known[0])


def _target(target: str | None, position: int | None, model: keras.Model, record: ModelRecord) -> Any:
    """Return the explained output after checking that the model has it."""
    from deepbio.interpret import Output
    from deepbio.interpret.images import image_target

    labels = record.task.labels if record.task is not None else ()
    number = target is not None and target not in labels and target.removeprefix("-").isdecimal()
    chosen: Any = int(target) if target is not None and number else target
    if position is not None:
        chosen = Output(0 if chosen is None else chosen, position=position)
    image_target(model, chosen)  # that of any model; of masks the mean of a class
    return chosen

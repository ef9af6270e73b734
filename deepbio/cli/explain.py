"""`deepbio explain`: why a model predicts what it does, as files and one page."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import typer

from deepbio.cli.console import load_tensorflow, note
from deepbio.cli.options import Model, ResultFolder
from deepbio.cli.trained import trained
from deepbio.errors import DataError, DeepbioError, nearest
from deepbio.escaping import spreadsheet_tsv
from deepbio.files import write_atomically

if TYPE_CHECKING:
    from deepbio.interpret.page import Section

_IMAGE_METHODS = ("grad_cam", "grad_cam++", "integrated_gradients", "smoothgrad", "occlusion", "rise")
_HIDDEN: dict[str, dict[str, Any]] = {  # options of text_occlusion
    "occlusion": {}, "sentence_occlusion": {"unit": "sentence"}, "opposites": {"unit": "phrase", "replacement": "opposite"},
}  # fmt: skip
_TEXT_METHODS = ("integrated_gradients", *_HIDDEN)


def explain(
    model: Model,
    file: Annotated[
        Path | None, typer.Argument(help="FASTA, image or folder of images, text file of notes, or table.")
    ] = None,
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
    vcf: Annotated[
        Path | None, typer.Option("--vcf", help="VCF whose variants are explained, instead of a file.")
    ] = None,
    genome: Annotated[Path | None, typer.Option("--genome", help="Reference genome of the VCF as FASTA.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="Maximum number of explained examples.")] = 20,
    background: Annotated[
        Path | None,
        typer.Option("--background", help="Table of rows that replace a missing column; default the file."),
    ] = None,
    pictures: Annotated[str, typer.Option("--pictures", help="Format of the pictures: png or svg.")] = "png",
    seed: Annotated[int, typer.Option(help="Random seed.")] = 0,
) -> None:
    """Explain predictions: arrays, tables and pictures in a folder, and one page, explanation.html, that shows them."""
    if out is None:
        raise DeepbioError("Expected a folder for the result: -o DIR.")
    if (file is None) == (vcf is None):
        raise DeepbioError("Expected either a file or --vcf, for example: deepbio explain MODEL my.fa -o DIR")
    if (vcf is None) != (genome is None):
        raise DeepbioError("--vcf and --genome belong together: the windows of a VCF are read from the genome.")
    if pictures not in ("png", "svg"):
        raise DeepbioError(f"Expected --pictures png or svg; received {pictures!r}.")
    folder = trained(model)
    load_tensorflow()
    from deepbio.files import writable_folder
    from deepbio.inference.inputs import as_source
    from deepbio.interpret import Output
    from deepbio.interpret.page import write_page
    from deepbio.interpret.targets import target_function
    from deepbio.zoo import describe, get_model

    built = get_model(folder)
    record = describe(built)
    if record.input is None:
        raise DeepbioError(f"{model} has no record of its input. Use deepbio.interpret in Python.")
    modality = record.input.modality
    chosen: Any = int(target) if target is not None and target.lstrip("-").isdigit() else target
    if position is not None:
        chosen = Output(0 if chosen is None else chosen, position=position)
    if modality != "image" or len(built.output_shape) == 2:
        target_function(built, chosen)
    if vcf is not None and modality != "dna":
        raise DeepbioError(f"--vcf is for DNA models; {model} takes {modality}.")
    place = writable_folder(out)
    facts = [("model", model), ("target", "its output" if target is None else target)]
    if position is not None:
        facts.append(("position", str(position)))
    if vcf is not None and genome is not None:
        way = _method(method, _dna_methods(), "deep_lift_shap")
        sections, notes = _variants(built, vcf, genome, way, chosen, motifs, limit, place, pictures, seed)
    else:
        assert file is not None
        source, ids = as_source(record, file)
        if not len(source):
            raise DataError(f"{file}: no examples.")
        kept = np.arange(min(limit, len(source)))
        x, names = np.asarray(source[kept]), [ids[i] for i in kept]
        notes = [f"The first {limit} of {len(source)} examples; --limit takes more."] if len(source) > limit else []
        if modality == "dna":
            way = _method(method, _dna_methods(), "deep_lift_shap")
            sections, more = _dna(built, x, names, way, chosen, motifs, place, pictures, seed)
        elif modality == "image":
            way = _method(method, _IMAGE_METHODS, "grad_cam")
            sections, more = _images(built, x, names, way, chosen, place, pictures, seed)
        elif modality == "text":
            way = _method(method, _TEXT_METHODS, "integrated_gradients")
            sections, more = _notes(built, x, names, way, chosen, place)
        else:
            way = _method(method, ("shap",), "shap")
            around = _first_rows(as_source(record, background)[0] if background else source)
            sections, more = _table(built, x, names, around, chosen, place, seed)
        notes += more
    facts.insert(1, ("method", way))
    write_page(place / "explanation.html", title=f"Explanation of {model}", facts=facts, notes=notes, sections=sections)
    note(f"{len(sections)} explained; open {place / 'explanation.html'}.")


def _first_rows(source: Any, n: int = 100) -> np.ndarray:
    return np.asarray(source[np.arange(min(n, len(source)))])


def _dna_methods() -> tuple[str, ...]:
    from deepbio.interpret.explain import METHODS

    return tuple(METHODS)


def _method(method: str | None, known: tuple[str, ...], default: str) -> str:
    if method is not None and method not in known:
        raise DeepbioError(f"Unknown --method {method!r} for this model. {nearest(method, known)}")
    return method or default


def _options(method: str, seed: int) -> dict[str, Any]:
    seeded = ("deep_lift_shap", "integrated_gradients", "expected_integrated_gradients", "smoothgrad")
    return {"seed": seed} if method in seeded else {}


def _progress(what: str) -> Callable[[int, int], None]:
    def show(done: int, total: int) -> None:
        if done == total or done % 10 == 0:
            note(f"{done} of {total} {what}")

    return show


def _dna(built, x, names, method, target, motifs, place, pictures, seed) -> tuple[list[Section], list[str]]:
    from deepbio.interpret.browser_tracks import regions_of
    from deepbio.interpret.drawing import as_png
    from deepbio.interpret.explain import draw_sequence, explain_dna, write_dna
    from deepbio.interpret.page import Section

    found = explain_dna(
        built, x, names=names, method=method, target=target, motifs=motifs, progress=_progress("steps"),
        **_options(method, seed),
    )  # fmt: skip
    files = write_dna(found, place, regions=regions_of(names, x.shape[1]), picture_format=pictures)
    sections = []
    for i, name in enumerate(names):
        own = found.seqlets[found.seqlets["example"] == i].head(12)
        columns = [c for c in ("start", "end", "attribution", "p_value", "motif", "motif_q_value") if c in own]
        rows = [
            [f"{v:.3g}" if isinstance(v, float) else v for v in row] for row in own[columns].itertuples(index=False)
        ]
        caption = "Attribution of each base; bars name the seqlets. Below, the effect that every base would have."
        alt = f"{len(own)} seqlets: " + "; ".join(f"{r[0]} to {r[1]}" for r in rows)
        picture = as_png(draw_sequence(found, i))
        sections.append(
            Section(name, f"{x.shape[1]} bases", picture=picture, alt=alt, caption=caption, header=columns, rows=rows)
        )
    return sections, [*found.notes, f"Files: {', '.join(files)}."]


def _variants(
    built, vcf, genome, method, target, motifs, limit, place, pictures, seed
) -> tuple[list[Section], list[str]]:
    from deepbio.interpret.drawing import as_png, save_figure
    from deepbio.interpret.explain import explain_dna, write_dna
    from deepbio.interpret.page import Section
    from deepbio.interpret.variants import draw_variant, variant_windows

    windows = variant_windows(vcf, genome, length=built.input_shape[1], limit=limit)
    options = {"names": windows.names, "method": method, "target": target, "motifs": motifs, **_options(method, seed)}
    pair = [explain_dna(built, x, **options) for x in (windows.reference, windows.alternate)]
    for found, name in zip(pair, ("reference", "alternate"), strict=True):
        (place / name).mkdir(exist_ok=True)
        write_dna(found, place / name, pictures=0)
    sections = []
    for i, name in enumerate(windows.names):
        figure = draw_variant(windows, i, *pair)
        save_figure(figure, place / f"variant_{i + 1}.{pictures}")
        sums = [float(found.per_base[i].sum()) for found in pair]
        about = f"sum of the attributions: REF {sums[0]:.3g}, ALT {sums[1]:.3g}"
        sections.append(
            Section(name, about, picture=as_png(figure), alt=about, caption="REF above, ALT below, on one scale.")
        )
    notes = [*pair[0].notes]
    if windows.more:
        notes.append(f"{windows.more} further alternates are beyond --limit {limit}.")
    if windows.skipped:
        notes.append(f"{len(windows.skipped)} not explained: " + "; ".join(windows.skipped[:5]) + ".")
    return sections, notes


def _images(built, x, names, method, target, place, pictures, seed) -> tuple[list[Section], list[str]]:
    from deepbio.interpret import drawing
    from deepbio.interpret.grad_cam import grad_cam
    from deepbio.interpret.images import image_gradients, occlusion, rise
    from deepbio.interpret.page import Section

    if method.startswith("grad_cam"):
        values = grad_cam(built, x, target=target, plus_plus=method.endswith("++"))
    elif method in ("integrated_gradients", "smoothgrad"):
        values = image_gradients(built, x, target=target, method=method, seed=seed)
    else:
        values = (
            occlusion(built, x, target=target) if method == "occlusion" else rise(built, x, target=target, seed=seed)
        )
    with write_atomically(place / "attributions.npz") as beside:
        np.savez_compressed(beside, attributions=values, names=np.array(names))
    sections = []
    for i, name in enumerate(names):
        figure, axes = drawing.new_figure(1, width=5.2, height=2.6, columns=2)
        axes[0].imshow(x[i].squeeze(), cmap="gray", vmin=0, vmax=255)
        axes[0].set_axis_off()
        drawing.draw_overlay(x[i], values[i], axes[1])
        drawing.save_figure(figure, place / f"{i + 1}.{pictures}")
        row, column = np.unravel_index(values[i].argmax(), values[i].shape)
        alt = f"Largest at row {row}, column {column}."
        caption = f"The image, and where it raises the output. {alt}"
        sections.append(Section(name, picture=drawing.as_png(figure), alt=alt, caption=caption))
    return sections, [
        "Grad-CAM of small images is coarse: it has the resolution of the last feature map."
    ] if "cam" in method else []


def _notes(built, x, names, method, target, place) -> tuple[list[Section], list[str]]:
    from deepbio.interpret.page import Section
    from deepbio.interpret.targets import target_function
    from deepbio.interpret.text import word_evidence
    from deepbio.interpret.text_occlusion import text_occlusion, token_pieces
    from deepbio.text import PADDING, Tokenizer
    from deepbio.zoo import describe

    record = describe(built)
    assert record.input is not None
    assert record.input.tokenizer is not None
    tokenizer = Tokenizer.from_json(record.input.tokenizer)
    probe = np.arange(built.output_shape[-1], dtype=np.float32)[None] + 1
    signed = float(np.asarray(target_function(built, target)(probe))[0])  # index + 1, negative for label 0 of 2
    index, sign = int(abs(signed)) - 1, np.sign(signed)
    sections, lines = [], []
    for i, row in enumerate(x):
        if method == "integrated_gradients":
            values = sign * word_evidence(built, row, [index])[0]
        else:
            values = text_occlusion(built, row, target=target, **_HIDDEN[method])
        largest = float(np.abs(values).max()) or 1.0
        pieces = [
            (p, float(v))
            for p, v, token in zip(token_pieces(tokenizer, row), values, row, strict=True)
            if token != PADDING
        ]
        words = [(p, "for" if v >= 0 else "against", round(100 * abs(v) / largest)) for p, v in pieces]
        sections.append(Section(names[i], f"{len(words)} words", words=words))
        lines += [(names[i], k, p, f"{v:.6g}") for k, (p, v) in enumerate(pieces)]
    _write_tsv(place / "words.tsv", ("note", "token", "word", "attribution"), lines)
    return sections, ["The page and words.tsv contain the text of the notes: treat them like the notes."]


def _table(built, x, names, around, target, place, seed) -> tuple[list[Section], list[str]]:
    from deepbio.interpret.page import Section
    from deepbio.interpret.tables import feature_names, shap_values

    values, features = shap_values(built, x, background=around, target=target, seed=seed), feature_names(built)
    lines = ([name, *(f"{v:.6g}" for v in row)] for name, row in zip(names, values, strict=True))
    _write_tsv(place / "shap.tsv", ("row", *features), lines)
    sections = []
    for i, name in enumerate(names):
        order = np.argsort(-np.abs(values[i]))[:12]
        rows = [[features[k], f"{x[i, k]:.4g}", f"{values[i, k]:+.3g}"] for k in order]
        sections.append(
            Section(name, "the twelve largest columns", header=("column", "value", "SHAP value"), rows=rows)
        )
    return sections, [
        f"SHAP values relative to {len(around)} rows; they add up to the output minus its mean over these rows."
    ]


def _write_tsv(path: Path, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    with write_atomically(path) as beside:
        beside.write_text(spreadsheet_tsv([header, *rows]), encoding="utf-8")

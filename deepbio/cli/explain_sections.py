"""The sections of the page of `deepbio explain`, and the files beside it, for each kind of example."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from deepbio.cli.console import note
from deepbio.escaping import spreadsheet_tsv
from deepbio.files import write_atomically

if TYPE_CHECKING:
    from deepbio.interpret.page import Section

_HIDDEN: dict[str, dict[str, Any]] = {  # options of text_occlusion
    "occlusion": {}, "sentence_occlusion": {"unit": "sentence"}, "opposites": {"unit": "phrase", "replacement": "opposite"},
}  # fmt: skip
IMAGE_METHODS = ("grad_cam", "grad_cam++", "integrated_gradients", "smoothgrad", "occlusion", "rise")
TEXT_METHODS = ("integrated_gradients", *_HIDDEN)


@dataclass(frozen=True)
class Request:
    """What is explained, how, and where the files go.

    Args:
        model: Model.
        method: Name of the method.
        target: The explained output.
        folder: Folder of the files, which exists.
        pictures: `"png"` or `"svg"`.
        seed: Random seed.
        motifs: Motifs that name seqlets.
    """

    model: Any
    method: str
    target: Any
    folder: Path
    pictures: str
    seed: int
    motifs: Any = None

    def of_dna(self) -> dict[str, Any]:
        """Return the arguments of `explain_dna`."""
        seeded = ("deep_lift_shap", "integrated_gradients", "expected_integrated_gradients", "smoothgrad")
        seed = {"seed": self.seed} if self.method in seeded else {}
        return {"method": self.method, "target": self.target, "motifs": self.motifs, **seed}


def dna_sections(asked: Request, x: np.ndarray, names: Sequence[str]) -> tuple[list[Section], list[str]]:
    """Explain sequences, write their files, and return the sections of the page and notes to its reader."""
    from deepbio.interpret.browser_tracks import regions_of
    from deepbio.interpret.drawing import as_png
    from deepbio.interpret.explain import draw_sequence, explain_dna, write_dna
    from deepbio.interpret.page import Section

    found = explain_dna(asked.model, x, names=names, progress=_progress("steps"), **asked.of_dna())
    regions = regions_of(names, x.shape[1])
    files = write_dna(found, asked.folder, regions=regions, picture_format=asked.pictures)
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


def variant_sections(asked: Request, vcf: Path, genome: Path, limit: int) -> tuple[list[Section], list[str]]:
    """Explain the windows of variants; otherwise as `dna_sections`."""
    from deepbio.interpret.drawing import as_png, save_figure
    from deepbio.interpret.explain import explain_dna, write_dna
    from deepbio.interpret.page import Section
    from deepbio.interpret.variants import draw_variant, variant_windows

    windows = variant_windows(vcf, genome, length=asked.model.input_shape[1], limit=limit)
    options = {"names": windows.names, **asked.of_dna()}
    pair = [explain_dna(asked.model, x, **options) for x in (windows.reference, windows.alternate)]
    for found, name in zip(pair, ("reference", "alternate"), strict=True):
        (asked.folder / name).mkdir(exist_ok=True)
        write_dna(found, asked.folder / name, pictures=0)
    sections = []
    for i, name in enumerate(windows.names):
        figure = draw_variant(windows, i, *pair)
        save_figure(figure, asked.folder / f"variant_{i + 1}.{asked.pictures}")
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


def image_sections(asked: Request, x: np.ndarray, names: Sequence[str]) -> tuple[list[Section], list[str]]:
    """Explain images; otherwise as `dna_sections`."""
    from deepbio.interpret import drawing
    from deepbio.interpret.grad_cam import grad_cam
    from deepbio.interpret.images import image_gradients, occlusion, rise
    from deepbio.interpret.page import Section

    model, target, method = asked.model, asked.target, asked.method
    if method.startswith("grad_cam"):
        values = grad_cam(model, x, target=target, plus_plus=method.endswith("++"))
    elif method in ("integrated_gradients", "smoothgrad"):
        values = image_gradients(model, x, target=target, method=method, seed=asked.seed)
    elif method == "occlusion":
        values = occlusion(model, x, target=target)
    else:
        values = rise(model, x, target=target, seed=asked.seed)
    with write_atomically(asked.folder / "attributions.npz") as beside:
        np.savez_compressed(beside, attributions=values, names=np.array(names))
    sections = []
    for i, name in enumerate(names):
        figure, axes = drawing.new_figure(1, width=5.2, height=2.6, columns=2)
        axes[0].imshow(x[i].squeeze(), cmap="gray", vmin=0, vmax=255)
        axes[0].set_axis_off()
        drawing.draw_overlay(x[i], values[i], axes[1])
        drawing.save_figure(figure, asked.folder / f"{i + 1}.{asked.pictures}")
        row, column = np.unravel_index(values[i].argmax(), values[i].shape)
        alt = f"Largest at row {row}, column {column}."
        caption = f"The image, and where it raises the output. {alt}"
        sections.append(Section(name, picture=drawing.as_png(figure), alt=alt, caption=caption))
    return sections, [
        "Grad-CAM of small images is coarse: it has the resolution of the last feature map."
    ] if "cam" in method else []


def note_sections(asked: Request, x: np.ndarray, names: Sequence[str]) -> tuple[list[Section], list[str]]:
    """Explain notes; otherwise as `dna_sections`."""
    from deepbio.interpret.page import Section
    from deepbio.interpret.targets import target_function
    from deepbio.interpret.text import word_evidence
    from deepbio.interpret.text_occlusion import text_occlusion, token_pieces
    from deepbio.text import PADDING, Tokenizer
    from deepbio.zoo import describe

    record = describe(asked.model)
    assert record.input is not None
    assert record.input.tokenizer is not None
    tokenizer = Tokenizer.from_json(record.input.tokenizer)
    probe = np.arange(asked.model.output_shape[-1], dtype=np.float32)[None] + 1
    signed = float(np.asarray(target_function(asked.model, asked.target)(probe))[0])
    index, sign = int(abs(signed)) - 1, np.sign(signed)  # the probe is index + 1, negative for label 0 of 2
    sections, lines = [], []
    for i, row in enumerate(x):
        if asked.method == "integrated_gradients":
            values = sign * word_evidence(asked.model, row, [index])[0]
        else:
            values = text_occlusion(asked.model, row, target=asked.target, **_HIDDEN[asked.method])
        largest = float(np.abs(values).max()) or 1.0
        pieces = [
            (p, float(v))
            for p, v, token in zip(token_pieces(tokenizer, row), values, row, strict=True)
            if token != PADDING
        ]
        words = [(p, "for" if v >= 0 else "against", round(100 * abs(v) / largest)) for p, v in pieces]
        sections.append(Section(names[i], f"{len(words)} words", words=words))
        lines += [(names[i], k, p, f"{v:.6g}") for k, (p, v) in enumerate(pieces)]
    _write_tsv(asked.folder / "words.tsv", ("note", "token", "word", "attribution"), lines)
    return sections, ["The page and words.tsv contain the text of the notes: treat them like the notes."]


def table_sections(
    asked: Request, x: np.ndarray, names: Sequence[str], background: np.ndarray
) -> tuple[list[Section], list[str]]:
    """Explain rows relative to those of the background; otherwise as `dna_sections`."""
    from deepbio.interpret.page import Section
    from deepbio.interpret.tables import feature_names, shap_values

    values = shap_values(asked.model, x, background=background, target=asked.target, seed=asked.seed)
    features = feature_names(asked.model)
    lines = ([name, *(f"{v:.6g}" for v in row)] for name, row in zip(names, values, strict=True))
    _write_tsv(asked.folder / "shap.tsv", ("row", *features), lines)
    sections = []
    for i, name in enumerate(names):
        order = np.argsort(-np.abs(values[i]))[:12]
        rows = [[features[k], f"{x[i, k]:.4g}", f"{values[i, k]:+.3g}"] for k in order]
        sections.append(
            Section(name, "the twelve largest columns", header=("column", "value", "SHAP value"), rows=rows)
        )
    return sections, [
        f"SHAP values relative to {len(background)} rows; they add up to the output minus its mean over these rows."
    ]


def _progress(what: str) -> Callable[[int, int], None]:
    def show(done: int, total: int) -> None:
        if done == total or done % 10 == 0:
            note(f"{done} of {total} {what}")

    return show


def _write_tsv(path: Path, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    with write_atomically(path) as beside:
        beside.write_text(spreadsheet_tsv([header, *rows]), encoding="utf-8")

"""`explain_dna`: attributions of sequences, their seqlets and motifs, and the files and pictures of both."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from deepbio.errors import DataError, nearest
from deepbio.escaping import spreadsheet_text
from deepbio.files import write_atomically
from deepbio.interpret import drawing
from deepbio.interpret.browser_tracks import write_tracks
from deepbio.interpret.deep_lift import deep_lift_shap
from deepbio.interpret.dna import Sequences, as_one_hot, as_sequences, one_hot_of
from deepbio.interpret.gradients import (
    expected_integrated_gradients,
    input_x_gradient,
    integrated_gradients,
    saliency,
    smoothgrad,
)
from deepbio.interpret.motifs import annotate_seqlets, load_motifs, write_modisco_inputs
from deepbio.interpret.mutagenesis import saturation_mutagenesis, whole_layers
from deepbio.interpret.seqlets import recursive_seqlets, with_coordinates
from deepbio.interpret.targets import Target

if TYPE_CHECKING:
    import keras
    import pandas as pd

METHODS: dict[str, Callable[..., Any]] = {
    "deep_lift_shap": deep_lift_shap,
    "saturation_mutagenesis": saturation_mutagenesis,
    "integrated_gradients": integrated_gradients,
    "expected_integrated_gradients": expected_integrated_gradients,
    "input_x_gradient": input_x_gradient,
    "saliency": saliency,
    "smoothgrad": smoothgrad,
}
_HYPOTHETICAL = ("deep_lift_shap", "saturation_mutagenesis", "integrated_gradients", "expected_integrated_gradients")
_SHOWN = 200  # positions of a logo: more letters cannot be read


@dataclass(frozen=True, eq=False)
class DnaExplanation:
    """Attributions of sequences.

    Args:
        names: Names of the sequences.
        codes: uint8 codes `(n, length)`.
        method: Name of the method.
        values: float32 `(n, length, 4)` of the present bases.
        hypothetical: float32 `(n, length, 4)` of all bases; None for methods by plain gradients.
        seqlets: Table of seqlets, with motifs if they were asked for.
        notes: What a reader has to know, such as a convergence delta or layers that ran whole.
    """

    names: tuple[str, ...]
    codes: np.ndarray = field(repr=False)
    method: str
    values: np.ndarray = field(repr=False)
    hypothetical: np.ndarray | None = field(repr=False)
    seqlets: pd.DataFrame = field(repr=False)
    notes: tuple[str, ...] = ()

    @property
    def per_base(self) -> np.ndarray:
        """Attribution of each present base, `(n, length)`."""
        return self.values.sum(axis=-1)


def explain_dna(
    model: keras.Model,
    x: Sequences,
    *,
    names: Sequence[str] | None = None,
    method: str = "deep_lift_shap",
    target: Target = None,
    motifs: Any = None,
    progress: Callable[[int, int], None] | None = None,
    **options: Any,
) -> DnaExplanation:
    """Compute attributions of sequences one after the other, call their seqlets and name them.

    Args:
        model: DNA model.
        x: Sequences.
        names: Their names; numbers from 1 by default.
        method: Name of the method, a function of `deepbio.interpret`.
        target: The explained output; see `target_function`.
        motifs: Motifs, a MEME file or `"jaspar"`; None names no seqlets.
        progress: Function that is called with the number of steps done and their total, by deep_lift_shap and mutagenesis.
        options: Further arguments of the method.

    Raises:
        DataError: An unknown method, or sequences or a target that do not fit.

    Example:
        >>> from deepbio.zoo import get_model
        >>> model = get_model("deepbind", input_shape=40, outputs=1, seed=1)
        >>> explain_dna(model, "ACGT" * 10, method="saliency").values.shape
        (1, 40, 4)
    """
    if method not in METHODS:
        raise DataError(f"Unknown method {method!r}. {nearest(method, METHODS)}")
    codes = as_sequences(one_hot_of(model), x)
    labels = tuple(names) if names is not None else tuple(str(i + 1) for i in range(len(codes)))
    if len(labels) != len(codes):
        raise DataError(f"Expected a name for each of {len(codes)} sequences; received {len(labels)}.")
    motifs = None if motifs is None else load_motifs(motifs)  # so that a file that is none is found before the work
    notes, worst = [], 0.0
    if method in _HYPOTHETICAL:
        options = {**options, "hypothetical": True}
    if method == "deep_lift_shap":
        options = {**options, "return_convergence_delta": True, "warning_threshold": float("inf")}
    if method in ("deep_lift_shap", "saturation_mutagenesis"):
        options = {**options, "progress": progress}
    raw = METHODS[method](model, codes, target=target, **options)
    if isinstance(raw, tuple):
        raw, delta = raw
        worst = float(np.abs(delta).max())
    values = raw * as_one_hot(codes) if method in (*_HYPOTHETICAL, "saliency", "smoothgrad") else raw
    if method == "deep_lift_shap":
        notes.append(
            f"The contributions add up to the difference of the outputs up to {worst:.1g} (convergence delta)."
        )
        if worst > 1e-3:
            notes.append("A convergence delta above 0.001 means that the contributions are approximate.")
    if method == "saturation_mutagenesis" and (whole := whole_layers(model)):
        notes.append(f"Layers that see all positions ran whole for every substitution: {', '.join(whole)}.")
    seqlets = recursive_seqlets(values, max_length=min(25, codes.shape[1]))
    if motifs is not None and len(seqlets):
        seqlets = annotate_seqlets(codes, seqlets, motifs)
    return DnaExplanation(
        labels, codes, method, values, raw if method in _HYPOTHETICAL else None, seqlets, tuple(notes)
    )


def write_dna(
    found: DnaExplanation,
    folder: Path,
    *,
    regions: Sequence[str] | None = None,
    pictures: int = 10,
    picture_format: str = "png",
) -> list[str]:
    """Write the files of an explanation: npz, TSV, bedGraph, bigWig and pictures.

    Args:
        found: Explanation.
        folder: Folder, which exists.
        regions: Region of each sequence, `chromosome:start-end`, for coordinates on the genome; None counts along each sequence.
        pictures: Maximum number of sequences that are drawn.
        picture_format: `"png"` or `"svg"`.

    Returns:
        Names of the files.
    """
    files = ["attributions.npz", "seqlets.tsv", "attributions.bedgraph", "attributions.bw"]
    arrays = {"attributions": found.values, "codes": found.codes, "names": np.array(found.names)}
    if found.hypothetical is not None:
        arrays["hypothetical"] = found.hypothetical
        files += [path.name for path in write_modisco_inputs(folder, found.codes, found.hypothetical)]
    with write_atomically(folder / files[0]) as beside:
        np.savez_compressed(beside, **arrays)  # type: ignore[arg-type]
    table = found.seqlets if regions is None else with_coordinates(found.seqlets, regions)
    table = table.assign(sequence=[spreadsheet_text(found.names[i]) for i in table["example"]])
    if "motif" in table:
        table["motif"] = table["motif"].map(spreadsheet_text, na_action="ignore")
    with write_atomically(folder / files[1]) as beside:
        table.to_csv(beside, sep="\t", index=False, float_format="%.6g")
    write_tracks(folder / files[2], folder / files[3], found.per_base, found.names, regions)
    for i in range(min(pictures, len(found.names))):
        name = f"{i + 1}.{picture_format}"
        drawing.save_figure(draw_sequence(found, i), folder / name)
        files.append(name)
    return files


def draw_sequence(found: DnaExplanation, index: int) -> Any:
    """Draw the stretch of a sequence with the largest attributions: its logo with named seqlets, and all bases below.

    Args:
        found: Explanation.
        index: Index of the sequence.
    """
    part, length = shown_part(found.per_base[index]), found.codes.shape[1]
    first, size = part.start, part.stop - part.start
    rows = 2 if found.hypothetical is not None else 1
    figure, axes = drawing.new_figure(rows + (length > size))
    own = found.seqlets[found.seqlets["example"] == index]
    boxes = boxes_of(own, first, first + size)
    k = 0
    if length > size:
        axes[0].fill_between(np.arange(length), found.per_base[index], step="mid", color="#0072B2", linewidth=0)
        axes[0].axvspan(first, first + size, color="#E69F00", alpha=0.25, linewidth=0)
        axes[0].set_xlim(0, length)
        axes[0].set_ylabel("all bases")
        k = 1
    drawing.draw_logo(found.values[index, part], axes[k], first=first, boxes=boxes)
    if found.hypothetical is not None:
        image = drawing.draw_mutagenesis(found.hypothetical[index, part], axes[k + 1], first=first)
        axes[k + 1].set_xlabel(f"position in {found.names[index]} (0-based)")
        axes[k + 1].set_ylabel("every base")
        figure.colorbar(image, ax=axes[k + 1], pad=0.01, aspect=10).ax.tick_params(labelsize=6)
    return figure


def shown_part(per_base: np.ndarray) -> slice:
    """Return the stretch of a sequence that is drawn: at most 200 bases, those with the largest attributions.

    Example:
        >>> shown_part(np.r_[np.zeros(500), np.ones(200), np.zeros(100)])
        slice(500, 700, None)
    """
    row = np.abs(per_base)
    size = min(_SHOWN, len(row))
    total = np.concatenate([[0.0], row.cumsum()])
    first = int((total[size:] - total[:-size]).argmax()) if len(row) > size else 0
    return slice(first, first + size)


def boxes_of(seqlets: pd.DataFrame, first: int, last: int) -> list[tuple[int, int, str]]:
    """Return start, end and name of the seqlets that lie in a range, for `draw_logo`; the name is that of the motif's protein."""
    names = seqlets["motif"].astype(str) if "motif" in seqlets else [""] * len(seqlets)
    rows = zip(seqlets["start"].tolist(), seqlets["end"].tolist(), names, strict=True)
    return [(start, end, name.split(" ", 1)[-1]) for start, end, name in rows if first <= start and end <= last]

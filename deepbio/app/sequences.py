"""The tab *DNA*, sequences: predictions, contributions of the bases, and the effect of every substitution."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from deepbio.app.collection import Collection, Preset
from deepbio.app.jobs import Job
from deepbio.app.tables_of import predictions_of
from deepbio.errors import DataError
from deepbio.uploads import Upload

if TYPE_CHECKING:
    from deepbio.interpret.explain import DnaExplanation

MAX_EXPLAINED_BASES = 2500
_MAX_SEQUENCES = 2000
_PEAKS = 12  # positions that are listed per output
EXPLANATIONS = {
    "none": "no",
    "contributions": "contributions of the bases (DeepLIFT/SHAP)",
    "mutagenesis": "every substitution (saturation mutagenesis)",
    "both": "both",
}


def predict_sequences(
    job: Job,
    collection: Collection,
    *,
    model: str,
    sequence: str,
    upload: Upload | None,
    fit: bool,
    explain: str,
    target: str,
) -> dict[str, Any]:
    """Predict sequences, and explain the first.

    Args:
        job: Job, for progress.
        collection: Presets.
        model: Name of a DNA preset.
        sequence: Bases, or FASTA, of the text field.
        upload: FASTA file, which replaces the text.
        fit: Whether sequences of another length are cropped or padded around their middle.
        explain: `"none"`, `"contributions"`, `"mutagenesis"` or `"both"`.
        target: Label of the explained output; empty for the predicted one.

    Returns:
        JSON-able result.

    Raises:
        DataError: No sequence, or one that does not fit the model.
    """
    from deepbio.inference import predict
    from deepbio.zoo import describe

    preset = collection.find(model, "dna")
    names, codes, changed = _read(preset, sequence, upload, fit)
    if explain not in EXPLANATIONS:
        raise DataError(f"explain is one of {', '.join(EXPLANATIONS)}; received {explain[:40]!r}.")
    with collection.using(preset, job) as built:
        job.step(f"Predicting {len(codes)} sequence{'s' * (len(codes) > 1)}")
        record = describe(built)
        p = predict(built, codes)
        found: dict[str, Any] = {
            "model": preset.name,
            "length": codes.shape[1],
            "resized": int(changed),
            "predictions": predictions_of(record, names, p) if p.ndim < 3 else None,
            "peaks": _peaks(names, p, record.task) if p.ndim == 3 else None,
            "explanations": [],
        }
        if explain != "none":
            chosen = _target(record, p[0], target)
            found["explanations"] = _explain(job, built, codes[:1], names[:1], explain, *chosen)
    return found


def _read(preset: Preset, text: str, upload: Upload | None, fit: bool) -> tuple[list[str], np.ndarray, int]:
    from deepbio.datasets.readers import read_fasta
    from deepbio.sequence import resize

    if upload is None:
        if not text.strip():
            raise DataError("Expected a sequence: paste bases or FASTA, or choose a file.")
        plain = text.strip() if text.lstrip().startswith(">") else f">sequence\n{text}"
        upload = Upload("pasted.fa", plain.encode())
    with upload.as_path() as path:
        found = read_fasta(path, same_names="number")
    if len(found.ids) > _MAX_SEQUENCES:
        raise DataError(
            f"Expected at most {_MAX_SEQUENCES} sequences here; the command line `deepbio predict` takes any number."
        )
    length = preset.shape[0]
    wrong = np.flatnonzero(found.lengths != length)
    if len(wrong) and not fit:
        raise DataError(
            f"{preset.name} takes {length:,} bases; {found.ids[wrong[0]]!r} has {found.lengths[wrong[0]]:,}. "
            'Tick "crop or pad around the middle", or paste another sequence.'
        )
    return [str(name) for name in found.ids], resize(found.codes, length), len(wrong)


def _target(record: Any, p: np.ndarray, target: str) -> tuple[Any, str]:
    """Return the explained output and its name: the one asked for, or the predicted one."""
    labels = list(record.task.labels) if record.task is not None else []
    if target:
        return (int(target) if target.isdigit() else target), target
    if p.ndim == 0 or p.shape == (1,):
        label = labels[-1] if labels else None
        return label, label or "the output"
    if p.ndim == 1:
        best = int(p.argmax())
        return best, labels[best] if labels else str(best)
    raise DataError("Choose the explained output: this model predicts each position.")


def _peaks(names: list[str], p: np.ndarray, task: Any) -> list[dict[str, Any]]:
    """Return the positions with the highest probability of each output but the first, of the first sequence."""
    labels = list(task.labels) if task is not None and task.labels else [str(k) for k in range(p.shape[2])]
    rows = []
    for k in range(1, p.shape[2]):
        best = np.argsort(-p[0, :, k], kind="stable")[:_PEAKS]
        rows += [
            {"sequence": names[0], "output": labels[k], "position": int(i), "probability": float(p[0, i, k])}
            for i in best
        ]
    return sorted(rows, key=lambda row: -row["probability"])[:_PEAKS]


def _explain(
    job: Job, model: Any, codes: np.ndarray, names: list[str], explain: str, target: Any, target_name: str
) -> list[dict[str, Any]]:
    from deepbio.interpret.explain import explain_dna

    if codes.shape[1] > MAX_EXPLAINED_BASES:
        raise DataError(
            f"Explanations in the app are for windows of at most {MAX_EXPLAINED_BASES:,} bases; this model reads {codes.shape[1]:,}. "
            "Use the command line: deepbio explain."
        )
    found = []
    if explain in ("contributions", "both"):
        explained = explain_dna(model, codes, names=names, target=target, progress=_progress(job, "Contributions"))
        found.append(_picture(explained, "contributions", target_name))
    if explain in ("mutagenesis", "both"):
        explained = explain_dna(
            model,
            codes,
            names=names,
            method="saturation_mutagenesis",
            target=target,
            progress=_progress(job, "Substitutions"),
        )
        found.append(_picture(explained, "mutagenesis", target_name))
    return found


def _progress(job: Job, what: str) -> Any:
    return lambda done, total: job.progress(done, total, f"{what}: step {done} of {total}")


def _picture(found: DnaExplanation, what: str, target: str) -> dict[str, Any]:
    from deepbio.interpret import drawing
    from deepbio.interpret.explain import draw_sequence, shown_part

    per_base = found.per_base[0]
    part = shown_part(per_base)
    if what == "contributions":
        figure = draw_sequence(replace(found, hypothetical=None), 0)
        values, bases = per_base, found.codes[0]
        order = np.argsort(-np.abs(values), kind="stable")[:8]
        strongest = [
            {"position": int(i), "change": f"{'ACGTN'[bases[i]]}", "value": float(values[i])}
            for i in order
            if values[i]
        ]
        caption = (
            f"Contribution of each base to {target}: the height of a letter; below the line it speaks against it; a bar marks "
            "bases that belong together."
        )
    else:
        assert found.hypothetical is not None
        figure, [axes] = drawing.new_figure(1, height=2.0)
        effects = found.hypothetical[0] - per_base[:, None]  # the attributions are about the mean of the four bases
        image = drawing.draw_mutagenesis(effects[part], axes, first=part.start)
        figure.colorbar(image, ax=axes, pad=0.01, aspect=10).ax.tick_params(labelsize=6)
        order = np.argsort(-np.abs(effects), axis=None, kind="stable")[:8]
        strongest = [
            {
                "position": int(k // 4),
                "change": f"{'ACGTN'[found.codes[0, k // 4]]}>{'ACGT'[k % 4]}",
                "value": float(effects.flat[k]),
            }
            for k in order
            if effects.flat[k]
        ]
        caption = f"Change of the logit of {target} by each single substitution: red raises it, blue lowers it."
    figure.axes[-1 if what == "contributions" else 0].set_xlabel("position (0-based)", fontsize=8)
    listed = ", ".join(f"{one['change']} at {one['position']}: {one['value']:+.2f}" for one in strongest)
    return {
        "what": what,
        "target": target,
        "sequence": found.names[0],
        "picture": drawing.as_png(figure),
        "alt": f"{what.capitalize()} for {target}. Strongest: {listed}.",
        "caption": caption,
        "strongest": strongest,
        "notes": list(found.notes),
    }

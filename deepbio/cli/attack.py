"""`deepbio attack`: adversarial examples of a trained model, its robust accuracy, and the checks that such a figure needs."""

from __future__ import annotations

import csv
import json as jsonlib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import typer

from deepbio.cli.console import load_tensorflow, note, show_json
from deepbio.cli.options import AttackedPosition, DataName, Json, Model, ResultFolder, with_groups
from deepbio.cli.own_data import DataOptions
from deepbio.cli.trained import choose_split, evaluation_data, trained
from deepbio.errors import DeepbioError, nearest
from deepbio.files import writable_folder, write_atomically

if TYPE_CHECKING:
    from deepbio.datasets import Dataset, Split
    from deepbio.interpret.page import Section

_SEVERAL = "autoattack_small"
_FOOTER = "Written by deepbio. This file asks nothing of the network. Robust to these attacks is not robust to all."


@with_groups
def attack(
    model: Model,
    dataset: DataName = None,
    *,
    out: ResultFolder = None,
    attack: Annotated[
        str,
        typer.Option(
            help="Attack on images: autoattack_small (default), fgsm, pgd, apgd, deep_fool, carlini_wagner, square or eot. "
            "DNA, notes and tables have one attack each, by substitutions and edits."
        ),
    ] = _SEVERAL,
    epsilon: Annotated[str, typer.Option(help="Radius as a fraction of the range of pixels, such as 8/255.")] = "8/255",
    norm: Annotated[str, typer.Option(help="Norm of the perturbation: linf or l2.")] = "linf",
    steps: Annotated[int | None, typer.Option(min=1, help="Number of steps; default that of the attack.")] = None,
    max_substitutions: Annotated[int, typer.Option(min=1, help="Largest number of substitutions of DNA.")] = 10,
    position: AttackedPosition = None,
    edits: Annotated[
        list[str] | None,
        typer.Option(
            help="Kind of edits of notes: typos, synonyms, abbreviations, order, negation. Repeatable; default all but negation."
        ),
    ] = None,
    max_edits: Annotated[int, typer.Option(min=1, help="Largest number of edits of a note, or of changed cells.")] = 5,
    fixed: Annotated[list[str] | None, typer.Option(help="Column of a table that never changes. Repeatable.")] = None,
    split: Annotated[
        str | None, typer.Option(help="Split: train, valid, test or all; default test, and all of your own files.")
    ] = None,
    data: DataOptions,
    limit: Annotated[int, typer.Option(min=1, help="Largest number of attacked examples.")] = 200,
    shown: Annotated[int, typer.Option(min=0, help="Number of examples on the page.")] = 12,
    seed: Annotated[int, typer.Option(help="Random seed.")] = 0,
    json: Json = False,
) -> None:
    """Attack a model, and write adversarial examples, robust accuracies and one page, attack.html."""
    if out is None:
        raise DeepbioError("Expected a folder for the result: -o DIR.")
    if split is not None:
        choose_split(split, ("train", "valid", "test", "all"))
    radius = _epsilon(epsilon)
    folder = trained(model)
    load_tensorflow()
    from deepbio.interpret.page import write_page
    from deepbio.zoo import describe, get_model

    built = get_model(folder)
    record = describe(built)
    found, split, parts = evaluation_data(model, record, dataset, data, split)
    modality = found.input.modality
    _check_given(modality, {"edits": ("text", edits), "fixed": ("table", fixed)})
    x: Any = np.concatenate([_attacked(part, modality, limit) for part in parts])[:limit]
    y = np.concatenate([np.asarray(part.y)[:limit] for part in parts])[:limit]
    place = writable_folder(out)
    options: dict[str, Any] = {"steps": steps} if steps is not None else {}
    if modality == "image":
        figures, sections, notes = _images(built, x, y, found.labels, place, attack, radius, norm, options, shown, seed)
    elif modality in ("text", "table"):
        kinds = {"edits": edits} if edits else {}
        figures, sections, notes = _by_edits(
            built, found, x, y, place, max_edits=max_edits, fixed=_columns(found, fixed or []), shown=shown, **kinds
        )
    else:
        figures, sections, notes = _dna(built, x, found.labels, place, max_substitutions, position, shown, seed)
    total = sum(len(part) for part in parts)
    if total > len(x):
        notes.append(f"The first {len(x)} of {total} examples; --limit takes more.")
    figures = {"model": model, "dataset": found.name, "split": split, "examples": len(x), "seed": seed, **figures}
    with write_atomically(place / "attack.json") as beside:
        beside.write_text(jsonlib.dumps(figures, indent=2) + "\n", encoding="utf-8")
    facts = [("model", model), ("data", f"{found.name}, {split}"), ("examples", str(len(x))), ("seed", str(seed))]
    write_page(
        place / "attack.html", title=f"Attack on {model}", facts=facts, notes=notes, sections=sections, footer=_FOOTER
    )
    if json:
        show_json(figures)
        return
    for section in sections[:2]:
        for row in section.rows:
            typer.echo("\t".join(map(str, row)))
    note(f"Written to {place}; open {place / 'attack.html'}.")


def _check_given(modality: str, options: dict[str, tuple[str, Any]]) -> None:
    """Refuse options of another modality."""
    for name, (own, value) in options.items():
        if value and own != modality:
            raise DeepbioError(f"--{name} is for models of {own}s; this one takes {modality}. Leave it out.")


def _attacked(part: Split, modality: str, limit: int) -> np.ndarray:
    """Return the first examples of a split; notes as they are written."""
    rows = np.arange(min(limit, len(part)))
    if modality != "text":
        return np.asarray(part.x[rows])
    if part.texts is None:
        raise DeepbioError("The notes of this data set are not stored as text, which edits need. Pass a file of notes.")
    return np.array([str(text) for text in part.texts[rows]], dtype=object)


def _columns(data: Dataset, names: list[str]) -> list[int]:
    """Return the numbers of named columns."""
    for name in names:
        if name not in data.input.features:
            raise DeepbioError(f"Unknown --fixed {name!r}. {nearest(name, data.input.features)}")
    return [data.input.features.index(name) for name in names]


def _epsilon(text: str) -> float:
    top, slash, bottom = text.partition("/")
    try:
        return float(top) / (float(bottom) if slash else 1.0)
    except (ValueError, ZeroDivisionError) as error:
        raise DeepbioError(f"--epsilon is a number or a fraction such as 8/255; received {text!r}.") from error


def _images(
    built: Any, x: np.ndarray, y: np.ndarray, labels: Any, place: Path, attack: str, radius: float, norm: str,
    options: dict[str, Any], shown: int, seed: int,
) -> tuple[dict[str, Any], list[Section], list[str]]:  # fmt: skip
    from deepbio.interpret.drawing import as_png, save_figure
    from deepbio.interpret.page import Section
    from deepbio.robustness import ATTACKS, attack_images, autoattack_small, masking_checks, security_curve
    from deepbio.robustness.evaluation.drawing import draw_adversarial, draw_curve
    from deepbio.robustness.evaluation.sections import class_names, image_accuracies, image_figures, image_sections
    from deepbio.training.steps.perturbation import NORMS

    if norm not in NORMS:
        raise DeepbioError(f"Unknown --norm {norm!r}. {nearest(norm, NORMS)}")
    if attack != _SEVERAL and attack not in ATTACKS:
        raise DeepbioError(f"Unknown --attack {attack!r}. {nearest(attack, [_SEVERAL, *ATTACKS])}")
    setting: dict[str, Any] = {"epsilon": radius, "norm": norm, "seed": seed}
    found = (
        autoattack_small(built, x, y, **setting, **options)
        if attack == _SEVERAL
        else attack_images(built, x, y, attack=attack, **setting, **options)
    )
    names = class_names(labels, built)
    checks = masking_checks(built, x, y, **setting)
    rounded = attack_images(built, x, y, attack="pgd", as_bytes=True, **setting)
    radii = [radius * k / 4 for k in (1, 2, 3, 4, 6, 8) if radius * k / 4 <= 1]
    curve = security_curve(built, x, y, epsilons=radii, norm=norm, seed=seed)
    with write_atomically(place / "adversarial.npz") as beside:
        np.savez_compressed(
            beside, x=found.x, pixels=found.pixels, images=found.images, y=y, clean=found.clean, predicted=found.predicted,
            predicted_as_bytes=found.predicted_as_bytes, success=found.success,
        )  # fmt: skip
    accuracies = image_accuracies(found, rounded)
    figure = draw_curve([("pgd", curve)])
    save_figure(figure, place / "curve.png")
    sections = image_sections(accuracies, f"epsilon {radius:.4g}, {norm}", checks, curve, figure)
    for i in np.flatnonzero(found.success_as_bytes)[:shown]:
        picture = draw_adversarial(found, int(i), names)
        save_figure(picture, place / f"{i + 1}.png")
        before, after = names[found.clean[i]], names[found.predicted_as_bytes[i]]
        caption = f"{before} is predicted as {after}; as floats with probability {found.confidence[i]:.3f}. Size {found.sizes[i]:.4g}."
        sections.append(
            Section(f"Example {i + 1}", f"{before} to {after}", picture=as_png(picture), alt=caption, caption=caption)
        )
    figures = {"attack": found.attack, "options": dict(found.options)} | image_figures(accuracies, checks, curve)
    return figures, sections, [str(checks), *found.notes]


def _dna(
    built: Any, x: np.ndarray, labels: Any, place: Path, max_substitutions: int, position: int | None, shown: int, seed: int
) -> tuple[dict[str, Any], list[Section], list[str]]:  # fmt: skip
    from deepbio.interpret.drawing import as_png, save_figure
    from deepbio.interpret.page import Section
    from deepbio.robustness import attack_dna, positions_taken, random_substitutions
    from deepbio.robustness.evaluation.drawing import draw_substitutions
    from deepbio.robustness.evaluation.sections import class_names

    found = attack_dna(built, x, position=position, max_substitutions=max_substitutions)
    random = random_substitutions(built, x, position=position, seed=seed)
    names = class_names(labels, built)
    counts, drawn = found.counts[found.success], random[random > 0]
    median = float(np.median(counts)) if len(counts) else float("nan")
    by_random = f"{np.median(drawn):g} ({len(drawn)} of {random.size} tries)" if len(drawn) else "none"
    rows = [
        ("changed", f"{found.success.sum()} of {len(x)}"),
        ("median substitutions", f"{median:g}"),
        ("median of random substitutions", by_random),
    ]
    taken = positions_taken(found).sum(axis=1)
    positions = [(int(k), int(taken[k])) for k in np.argsort(-taken, kind="stable")[:12] if taken[k]]
    lines = ["example\tclass\tnew_class\tsubstitutions"]
    for i, chosen in enumerate(found.substitutions):
        edits = ",".join(f"{where}{'ACGT'[found.codes[i, where]]}>{'ACGT'[base]}" for where, base in chosen)
        lines.append(f"{i + 1}\t{names[found.clean[i]]}\t{names[found.predicted[i]]}\t{edits}")
    with write_atomically(place / "substitutions.tsv") as beside:
        beside.write_text("\n".join(lines) + "\n", encoding="utf-8")
    sections = [
        Section("Substitutions", header=("what", "found"), rows=rows),
        Section("Positions", "with the most substitutions, from 0", header=("position", "times"), rows=positions),
    ]
    for i in np.flatnonzero(found.success)[:shown]:
        figure = draw_substitutions(found, int(i))
        save_figure(figure, place / f"{i + 1}.png")
        edits = lines[i + 1].split("\t")[-1]
        caption = f"{names[found.clean[i]]} is predicted as {names[found.predicted[i]]}: {edits}."
        sections.append(Section(f"Sequence {i + 1}", picture=as_png(figure), alt=caption, caption=caption))
    figures = {
        "changed": int(found.success.sum()), "median_substitutions": median if len(counts) else None,
        "median_random": float(np.median(drawn)) if len(drawn) else None, "positions": positions,
    }  # fmt: skip
    about = (
        "Substitutions start from the predicted class, right or wrong; a count of 1 is exact, larger ones are bounds."
    )
    return figures, sections, [about]


def _by_edits(
    built: Any, data: Dataset, x: np.ndarray, y: np.ndarray, place: Path, **options: Any
) -> tuple[dict[str, Any], list[Section], list[str]]:
    from deepbio.robustness.evaluation.sections import class_names
    from deepbio.robustness.evaluation.suite_attacks import ATTACKS_OF

    attacked = ATTACKS_OF[data.input.modality](built, data, x, y, **options)
    found = attacked.edited
    assert found is not None
    names = class_names(data.labels, built)
    columns = ["note"] if data.input.modality == "text" else list(data.input.features)
    columns = columns or [f"column {k + 1}" for k in range(x.shape[1])]
    with write_atomically(place / "edits.csv") as beside, beside.open("w", encoding="utf-8", newline="") as stream:
        rows = csv.writer(stream)
        rows.writerow(["example", "class", "new_class", "edits", *columns])
        for i, edited in enumerate(found.x):
            cells = [edited] if data.input.modality == "text" else _cells(data, edited)
            rows.writerow([i + 1, names[found.clean[i]], names[found.predicted[i]], attacked.words[i], *cells])
    changed = {name: one.to_dict() for name, one in attacked.summary.items()}
    return {**attacked.figures, **changed}, list(attacked.sections), list(attacked.notes)


def _cells(data: Dataset, row: np.ndarray) -> list[str]:
    """Return a row as a table has it: categories by name, missing cells empty."""
    levels = data.input.categories or ((),) * len(row)
    return [
        "" if np.isnan(value) or (own and value < 0) else own[int(value)] if own else f"{value:.9g}"
        for value, own in zip(row, levels, strict=True)
    ]

"""What `deepbio info` shows of a preset: a page to read, in the order of a reader's questions."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from deepbio.specs import Task

_SYMBOLS = {"dna": "bases", "text": "words", "table": "columns"}
_COLUMN = 14


def preset_page(folder: Path, facts: Mapping[str, Any]) -> Iterator[str]:
    """Return the lines of the page.

    Args:
        folder: of the preset.
        facts: its card, its `preset.json` and its results, as `deepbio info --json` prints them.
    """
    yield str(facts.get("title") or facts["name"])
    yield ""
    members = facts.get("members")
    kind = str(facts["architecture"] or "a network of its own, made elsewhere")
    config = ", ".join(f"{key}={value}" for key, value in facts["config"].items())
    yield _row("network", kind + (f" ({config})" if config else ""))
    yield _row("input", _input(facts["input"]))
    yield _row("output", _output(Task.from_dict(facts["task"]) if facts.get("task") else None, facts["outputs"]))
    count = f"{facts['parameters']:,}" if facts.get("parameters") else "unknown"
    yield _row(
        "parameters", count + (f" in {len(members)} members, which are averaged" if isinstance(members, list) else "")
    )
    yield _row("size", _size(folder))
    yield _row("weights", _weights(members if isinstance(members, list) else [facts["weights"]]))
    for key in ("licence", "attribution", "data_licence", "citation", "data_citation", "source", "notice"):
        if facts.get(key):
            yield _row(key.replace("_", " "), str(facts[key]))
    trained = facts.get("dataset") or {}
    if trained:
        options = ", ".join(f"{key}={value}" for key, value in (trained.get("options") or {}).items())
        yield _row("trained on", f"{trained['name']}{f' ({options})' if options else ''}, seed {facts.get('seed')}")
    yield from _results(facts)
    yield _row("recipe", _recipe(folder, trained=bool(trained)))
    yield ""
    yield from (line for line in str(facts["about"]).splitlines() if not line.startswith("<!--"))


def _row(name: str, text: str) -> str:
    lines = textwrap.wrap(" ".join(text.split()), 110, break_long_words=False, break_on_hyphens=False) or [""]
    return f"{name:<{_COLUMN}}" + f"\n{'':<{_COLUMN}}".join(lines)


def _input(input: Mapping[str, Any]) -> str:
    shape = input["shape"]
    if input["modality"] == "image":
        return f"image, {' x '.join(map(str, shape))}"
    return f"{input['modality']}, {shape[0]:,} {_SYMBOLS[input['modality']]}"


def _output(task: Task | None, outputs: int) -> str:
    if task is None:
        return f"{outputs} values"
    labels = f": {', '.join(task.labels)}" if task.labels and len(task.labels) <= 20 else ""
    word = "logit" if task.activation != "identity" else "value"
    many = f"{outputs} {word}{'' if outputs == 1 else 's'}"
    return f"{many}{' at each position' if task.kind == 'per_position' else ''} ({task.kind}, link {task.activation}){labels}"


def _size(folder: Path) -> str:
    size = sum(file.stat().st_size for file in folder.iterdir() if file.is_file())
    return f"{size / 1e6:.1f} MB in {folder}" if size >= 1e6 else f"{size / 1e3:.0f} kB in {folder}"


def _weights(entries: list[Mapping[str, Any]]) -> str:
    places: dict[str, list[str]] = {}
    for entry in entries:
        package = entry.get("installed")
        place = f" of your installed package {package['distribution']} {package['version']}" if package else ""
        places.setdefault(place, []).append(str(package["file"] if package else entry.get("url") or entry["file"]))
    return "; ".join(", ".join(files) + place for place, files in places.items())


def _results(facts: Mapping[str, Any]) -> Iterator[str]:
    """One line a figure: of the splits of its own data set, then what the card tells of other data."""
    name = "results"
    for split, found in facts["results"].items():
        if not isinstance(found, dict) or "metrics" not in found:
            continue
        for metric, value in found["metrics"].items():
            figure = f"{value['value']:.3f} [{value['low']:.3f}, {value['high']:.3f}]"
            yield _row(name, f"{split} ({found['examples']:,} examples): {metric} {figure}")
            name = ""
    for line in facts.get("measured", []):
        yield _row(name, str(line))
        name = ""


def _recipe(folder: Path, *, trained: bool) -> str:
    file = folder / "recipe.yaml"
    if not file.is_file():
        return "none"
    return f"deepbio fit --recipe {file}" if trained else f"not trained here; {file} says where the weights are from"

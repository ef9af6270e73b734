"""The tab *Models*: the card of each preset, its golden outputs checked live, and how to use it from Python and the command line."""

from __future__ import annotations

import os
from typing import Any

from deepbio.app.collection import Collection, Preset
from deepbio.app.jobs import Job
from deepbio.datasets.cards import read_card
from deepbio.errors import DeepbioError

_INPUTS = {
    "dna": ('["' + "ACGT" * 3 + '..."]', "my.fa"),
    "image": ('"scans/"', "scans/"),
    "table": ('"my.csv"', "my.csv"),
    "text": ('["Fever for six days, red eyes, no cough."]', "notes.txt"),
}


def summary_of(preset: Preset) -> dict[str, Any]:
    """Return what the list of models says about a preset."""
    return {
        "name": preset.name,
        "own": preset.own,
        "modality": preset.modality,
        "input_shape": preset.shape,
        "task": preset.kind,
        "labels": preset.labels,
        "architecture": preset.facts.get("architecture"),
        "dataset": (preset.facts.get("dataset") or {}).get("name"),
        "parameters": preset.facts.get("parameters"),
        "available": preset.available,
    }


def model_page(preset: Preset) -> dict[str, Any]:
    """Return everything about a preset: its summary, the text of its card and two snippets.

    The card is Markdown; a preset without one has an empty text.
    """
    try:
        card = read_card(preset.folder)
        text, licence = card.text, str(card.facts.get("licence", ""))
    except DeepbioError:
        text, licence = "", ""
    name = os.fspath(preset.folder) if preset.own else preset.name
    example, file = _INPUTS.get(preset.modality, ('"my.csv"', "my.csv"))
    python = f'import deepbio\n\nmodel = deepbio.get_model("{name}")\np = deepbio.predict(model, {example})\n'
    shell = f"deepbio predict {name} {file}\ndeepbio explain {name} {file} -o explained\n"
    if preset.modality == "text" and preset.name.startswith("note_evidence."):
        python = f'import deepbio\n\nprint(deepbio.diagnose("Fever for six days, red eyes, no cough.", model="{name}").to_text())\n'
        shell = f"deepbio diagnose note.txt --model {name}\n"
    elif preset.name.startswith("spliceai_10k."):
        weights = preset.name.partition(".")[2]
        python = (
            "from deepbio.variants import splice\n\n"
            f'splice("my.vcf", fasta="hg38.fa", annotation="grch38", out="scored.vcf", weights="{weights}")\n'
        )
        shell = (
            f"deepbio variants splice my.vcf --fasta hg38.fa --annotation grch38 -o scored.vcf --weights {weights}\n"
        )
    return summary_of(preset) | {"card": text, "licence": licence, "python": python, "command_line": shell}


def check_model(job: Job, collection: Collection, *, model: str) -> dict[str, Any]:
    """Load a preset, and compare its outputs for fixed inputs with those that it was published with.

    Args:
        job: Job, for progress.
        collection: Presets.
        model: Name of the preset.

    Returns:
        The largest difference of an output.

    Raises:
        WeightsError: The difference is too large, or the preset has no golden outputs.
    """
    from deepbio.zoo import check_golden_outputs

    preset = collection.find(model)
    with collection.using(preset, job) as built:
        job.step("Computing the golden outputs")
        difference = check_golden_outputs(built, preset.folder)
        return {"model": preset.name, "largest_difference": difference, "parameters": int(built.count_params())}

"""Upload a preset to Hugging Face, with a model card in the format of the hub."""

import tempfile
from pathlib import Path
from typing import Any

import yaml

from deepbio.datasets.cards import read_card
from deepbio.documents import read_document
from deepbio.errors import WeightsError
from deepbio.optional import require
from deepbio.zoo.preset import read_preset, weight_entries
from deepbio.zoo.preset_format import MetricsFacts
from deepbio.zoo.shared_files import copy_shared, shared_files
from deepbio.zoo.weight_sources import hub_address

# The hub's own names of licences (https://huggingface.co/docs/hub/repositories-licenses).
_LICENCES = {
    "apache-2.0": "apache-2.0",
    "mit": "mit",
    "cc by 4.0": "cc-by-4.0",
    "cc by-sa 4.0": "cc-by-sa-4.0",
    "cc by-nc 4.0": "cc-by-nc-4.0",
    "cc0 1.0": "cc0-1.0",
    "bsd-3-clause": "bsd-3-clause",
}
_DOMAIN = {"dna": "genomics", "image": "medical-imaging", "table": "tabular", "text": "clinical-notes"}


def push_preset(folder: str | Path, to: str, *, private: bool = True, message: str | None = None) -> str:
    """Upload a preset to Hugging Face. `get_model(to)` loads it again.

    Only the files of the preset are sent (`deepbio.zoo.shared_files.shared_files`), never through a symlink, and paths in its
    documents are replaced by digests. `deepbio.zoo.shared_files.data_in_preset` lists what stems from the training data.

    Args:
        folder: Folder of a run, or of a preset of the catalog.
        to: `hf://user/repo` or `hf://user/repo@branch`. The repository is created if necessary.
        private: Whether a new repository is private, as it is by default.
        message: Message of the commit.

    Returns:
        The address of the commit.

    Raises:
        WeightsError: The preset is incomplete, its weights are in another package, or its card states no licence.
        OptionalDependencyError: huggingface_hub is not installed.
    """
    source = Path(folder)
    repository, revision = hub_address(to)
    preset = read_preset(source)
    if any("file" not in entry for entry in weight_entries(preset, source)):
        raise WeightsError(f"The weights of {source} are in another package, and deepbio may not distribute them.")
    shared_files(source)  # refuses symlinks before any file is read
    card = hub_card(source)
    hub = require("huggingface_hub", extra="hub", purpose="Pushing a preset to Hugging Face")
    with tempfile.TemporaryDirectory(prefix="deepbio-push-") as beside:
        copy = Path(beside) / "preset"
        copy_shared(source, copy)
        (copy / "README.md").write_text(card, encoding="utf-8")
        try:
            api = hub.HfApi()
            api.create_repo(repository, private=private, exist_ok=True)
            message = message or f"Add the preset {source.name}"
            options = {"revision": revision or None, "commit_message": message}
            return str(api.upload_folder(repo_id=repository, folder_path=str(copy), **options))
        except (OSError, ValueError) as error:
            reason = (str(error).splitlines() or [type(error).__name__])[0]
            raise WeightsError(f"{to} cannot be written: {reason} Log in with: hf auth login") from error


def hub_card(folder: str | Path) -> str:
    """Return a preset's card for Hugging Face: licence, library, tags and results are in its front matter.

    Raises:
        WeightsError: The card states no licence.
    """
    source = Path(folder)
    preset, card = read_preset(source), read_card(source)
    licence = str(card.facts.get("licence", "unstated"))
    if licence.startswith("unstated"):
        raise WeightsError(
            f"{source / 'card.md'} states no licence of the weights. Write one after 'licence:', for example Apache-2.0."
        )
    known = _LICENCES.get(licence.lower())
    facts: dict[str, Any] = {
        "license": known or "other",
        **({} if known else {"license_name": licence}),
        "library_name": "keras",
        "tags": ["deepbio", "biology", _DOMAIN[preset["input"]["modality"]], str(preset["architecture"] or "keras")],
    }
    if "co2_eq_emissions" in card.facts:
        facts["co2_eq_emissions"] = card.facts["co2_eq_emissions"]
    if results := _results(source, card.name, preset):
        facts["model-index"] = results
    front = yaml.safe_dump(facts, sort_keys=False, allow_unicode=True)
    lines = [f"# {card.facts.get('title', card.name)}", "", card.text, ""]
    for key in ("attribution", "citation", "data_licence", "data_citation"):
        if card.facts.get(key):
            lines += [f"**{key.replace('_', ' ').capitalize()}**: {card.facts[key]}", ""]
    lines += ["```python", "from deepbio.zoo import get_model", "", 'model = get_model("hf://USER/REPO")', "```", ""]
    return f"---\n{front}---\n" + "\n".join(lines)


def _results(folder: Path, name: str, preset: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the metrics of each split as the hub's `model-index`; an empty list if deepbio did not train the preset."""
    file = folder / "metrics.json"
    data = (preset.get("dataset") or {}).get("name")
    if data is None or not file.is_file():
        return []
    figures, _ = read_document(file, MetricsFacts, error=WeightsError)
    task = {"type": f"{preset['task']['kind']}-classification", "name": preset["task"]["kind"]}
    results = []
    for split, words in (("valid", "validation"), ("test", "test")):
        metrics = [
            {"type": metric, "value": round(float(value["value"]), 4), "name": f"{metric}, {words} split"}
            for metric, value in figures.get(split, {}).get("metrics", {}).items()
            if value.get("value") is not None
        ]
        if metrics:
            dataset = {"type": data, "name": data, "split": {"valid": "validation"}.get(split, split)}
            results.append({"task": task, "dataset": dataset, "metrics": metrics})
    return [{"name": name, "results": results}] if results else []

"""Pages that the site makes: models, data sets, command line, reference, results, contributing and changelog."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from course import lesson_pages
from reference import command_line_page, reference_index, room_pages
from tables import ROOT, dataset_table, families, model_table, origin, weights_table

RESULTS = ROOT / "benchmarks" / "results"


def generated_pages() -> dict[str, str]:
    """Return the content of every page that is made, by its path below `docs/`."""
    models, data = model_pages(), dataset_pages()
    return {
        "models.md": models_page(models),
        **{f"models/{name}.md": page for name, page in models.items()},
        "datasets.md": datasets_page(data),
        **{f"datasets/{name}.md": page for name, page in data.items()},
        "command_line.md": command_line_page(),
        "reference.md": reference_index(),
        **{f"api/{room}.md": page for room, page in room_pages().items()},
        "results.md": results_page(),
        **{f"results/{file.name}": result_page(file) for file in results()},
        **{f"results/{file.name}": file.read_text(encoding="utf-8") for file in sorted(RESULTS.glob("*.csv"))},
        **lesson_pages(),
        "contributing.md": from_root("CONTRIBUTING.md"),
        "changelog.md": from_root("CHANGELOG.md"),
    }


def from_root(name: str) -> str:
    """Return a document of the project's root with the links that it needs as a page."""
    text = (ROOT / name).read_text(encoding="utf-8")
    text = re.sub(r"\]\(docs/", "](", text)
    text = re.sub(r"\]\(benchmarks/results/", "](results/", text)
    return re.sub(r"\[([^]]+)\]\([A-Z]+\.md\)", r"\1", text)


def results() -> list[Path]:
    """Return the files of measured results."""
    return sorted(RESULTS.glob("*.md"))


def heading(file: Path) -> str:
    """Return the first heading of a Markdown file; a leaderboard is titled as its suite, so the word is put before it."""
    text = file.read_text(encoding="utf-8").splitlines()[0].lstrip("# ").replace("`", "")
    return f"Leaderboard: {text}" if file.stem.startswith("leaderboard_") else text


def results_page() -> str:
    """Return the index of measured results: one row per page, with the command that makes its figures."""
    rows = []
    for file in results():
        made = re.search(r"`((?:python|make|deepbio) [^`]+)`", file.read_text(encoding="utf-8"))
        rows.append(f"| [{heading(file)}](results/{file.name}) | {f'`{made[1]}`' if made else ''} |")
    return "\n".join(
        [
            "# Results\n",
            "Every figure in this documentation was measured. Each page below states its figures, the machine, and the command that",
            "makes them again. The [leaderboards](leaderboards.md) compare models with each other and with simple baselines.\n",
            _browser("| page | made by |", "|---|---|", *rows),
            _toctree(f"results/{file.stem}" for file in results()),
        ]
    )


def result_page(file: Path) -> str:
    """Return a file of results as a page."""
    text = re.sub(r"\]\(\.\./(?:\.\./docs/)?", "](../", file.read_text(encoding="utf-8"))
    if not re.search(r"^## ", text, flags=re.M):  # a heading of level 3 below the title
        text = re.sub(r"^### ", "## ", text, flags=re.M)
    return text


def models_page(names: Iterable[str]) -> str:
    """Return the page of models: a table that can be sorted and filtered."""
    return "\n".join(
        [
            "# Models\n",
            "`deepbio models` prints this list, and `deepbio info NAME` a page about one model. `get_model(NAME, ...)` builds it.",
            "Parameters are counted in the reference form, which is that of the paper where there is one. The length is in",
            "bases, tokens, columns or pixels per side.\n",
            _browser(model_table()),
            "\n## Pretrained weights\n",
            "`deepbio models --pretrained` prints this list, and filters it: `--task`, `--length`, `--parameters`, `--licence` and",
            "`--offline`, as the keywords of `list_models` do. `get_model(NAME)` loads one.\n",
            _browser(weights_table()),
            _toctree(f"models/{name}" for name in names),
        ]
    )


def model_pages() -> dict[str, str]:
    """Return a page per model, and one per family."""
    from deepbio.zoo.registry import list_models, model_spec

    pages = {}
    for name in list_models():
        spec = model_spec(name)
        if spec.family:
            continue
        parts = [
            f"# {name}\n",
            f"{spec.summary}.\n",
            f"- Paper: {spec.paper}",
            f"- Input: {', '.join(spec.modality)}",
            f"- Reference form: {_pairs(spec.reference)}: {spec.parameters:,} parameters",
            *([f"- Fixed by this name: {_pairs(spec.defaults)}"] if spec.defaults else []),
            f"- `fit` uses: {_pairs(spec.training)}" if spec.training else "- `fit` uses its general defaults",
            *([f"- Pretrained: {', '.join(f'`{name}.{tag}`' for tag in spec.tags)}"] if spec.tags else []),
            *_snippet(name, spec),
            "\nEach option below is a keyword of `get_model`, or `--set option=value` on the command line.\n",
            f"```{{eval-rst}}\n.. autofunction:: {spec.module}::{spec.function}\n   :no-index:\n```\n",
        ]
        pages[name] = "\n".join(parts)
    for family, members in families().items():
        spec = model_spec(members[0])
        parts = [
            f"# {family}\n",
            f"- Paper: {spec.paper}",
            f"- Input: {', '.join(spec.modality)}\n",
            _browser(
                "| model | parameters |",
                "|---|--:|",
                *(f"| `{name}` | {model_spec(name).parameters:,} |" for name in members),
            ),
            f"```{{eval-rst}}\n.. automodule:: {spec.module}\n   :no-members:\n   :no-index:\n```\n",
        ]
        pages[family] = "\n".join(parts)
    return pages


def _snippet(name: str, spec) -> list[str]:
    shape, outputs = spec.reference.get("input_shape"), spec.reference.get("outputs")
    return [
        "\n```python",
        "import deepbio\n",
        f'model = deepbio.get_model("{name}", input_shape={shape}, outputs={outputs})  # or dataset=data',
        *(f'model = deepbio.get_model("{name}.{tag}")  # with weights' for tag in spec.tags[:1]),
        "```\n",
        "```sh",
        f"deepbio info {name}",
        f"deepbio fit {name} DATA --out runs/{name}",
        "```",
    ]


def datasets_page(names: Iterable[str]) -> str:
    """Return the page of data sets: a table that can be sorted and filtered."""
    return "\n".join(
        [
            "# Data sets\n",
            "`deepbio datasets` prints this list. Some data sets come with deepbio. Some are fetched from their publisher when they",
            "are first loaded, and checked by checksum. Some are user-supplied: the card says how to obtain the files.",
            "Splits are fixed and share no group.\n",
            _browser(dataset_table()),
            _toctree(f"datasets/{name}" for name in names),
        ]
    )


def dataset_pages() -> dict[str, str]:
    """Return a page per data set: its card."""
    from deepbio.datasets import dataset_card, list_datasets

    pages = {}
    for card in map(dataset_card, list_datasets()):
        sizes = card["split"].get("sizes") or card["split"].get("fractions") or {}
        parts = [
            f"# {card.name}\n",
            f"**{card['title']}**\n",
            f"{card.text}\n",
            f"- Files: {origin(card)}",
            *([f"- To obtain: {card['obtain']}"] if "obtain" in card.facts else []),
            f"- Source: {card['source']}",
            f"- Licence: {card['licence']}" + (f" ({card['licence_terms']})" if "licence_terms" in card.facts else ""),
            *([f"- {card['attribution']}"] if "attribution" in card.facts else []),
            f"- Cite: {card['citation']}",
            "- Splits: " + "; ".join(part for part in (_pairs(sizes), card["split"]["rule"]) if part),
            f"- Classes: {card['classes'].get('rule') or _pairs(card['classes'])}",
            *[f"- Known problem: {problem}" for problem in card.facts.get("known_problems", [])],
        ]
        parts += [
            "\n```python",
            "import deepbio\n",
            f'data = deepbio.load_dataset("{card.name}")',
            "```\n",
            "```sh",
            f"deepbio info {card.name}",
            "```",
        ]
        pages[card.name] = "\n".join(parts) + "\n"
    return pages


def _browser(*table: str) -> str:
    """Return a table that `docs/_static/deepbio.js` makes sortable and filterable."""
    return "\n".join([":::{table}", ":class: browse", ":align: left", "", *(line.strip() for line in table), ":::", ""])


def _toctree(pages: Iterable[str]) -> str:
    """Return the pages that belong below this one, which has their links already."""
    return "\n".join(["```{toctree}", ":hidden:", "", *pages, "```", ""])


def _pairs(values) -> str:
    return ", ".join(f"{key} {value}" for key, value in values.items())

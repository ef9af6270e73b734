"""Pages that the site generates: models, data sets, command line, reference, results, contributing and changelog."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

from mkdocs.structure.files import File

# MkDocs restores the path after loading a hook, so the imports of the functions below must be found now.
sys.path[:0] = [str(Path(__file__).resolve().parents[2]), str(Path(__file__).resolve().parent)]

from tables import ROOT, dataset_table, model_table, origin  # noqa: E402

import deepbio  # noqa: E402, F401

# The reference begins with the rooms that most readers look for; the others follow by name.
FIRST = ("zoo", "datasets", "training", "inference")
_OWN_DATA = "options-of-your-own-data"
RESULTS = ROOT / "benchmarks" / "results"


def rooms() -> list[str]:
    """Return the rooms that have public names: packages that state `__all__`, and two single files."""
    code = ROOT / "deepbio"
    packages = [
        init.parent.relative_to(code).as_posix()
        for init in code.rglob("__init__.py")
        if init.parent not in (code, code / "cli") and "__all__" in init.read_text(encoding="utf-8")
    ]
    first = {name: i for i, name in enumerate(FIRST)}
    return sorted([*packages, "specs", "errors"], key=lambda room: (first.get(room.split("/")[0], len(first)), room))


def on_config(config):
    """Put every room into the navigation (a hook of MkDocs)."""
    (section,) = [entry["Reference"] for entry in config.nav if "Reference" in entry]
    section += [{f"deepbio.{room.replace('/', '.')}": f"api/{room}.md"} for room in rooms()]
    (evidence,) = [entry["Evidence"] for entry in config.nav if "Evidence" in entry]
    evidence += [{heading(file): f"results/{file.name}"} for file in results()]
    return config


def results() -> list[Path]:
    """Return the files of measured results."""
    return sorted(RESULTS.glob("*.md"))


def heading(file: Path) -> str:
    """Return the first heading of a Markdown file; a leaderboard is titled as its suite, so the word is put before it."""
    text = file.read_text(encoding="utf-8").splitlines()[0].lstrip("# ").replace("`", "")
    return f"Leaderboard: {text}" if file.stem.startswith("leaderboard_") else text


def result_page(file: Path) -> str:
    """Return a file of results as a page; leaderboards are wide, so they have no table of contents."""
    wide = "---\nhide: [toc]\n---\n\n" if file.stem.startswith("leaderboard_") else ""
    return wide + file.read_text(encoding="utf-8")


def on_files(files, config):
    """Add the generated pages (a hook of MkDocs)."""
    pages = {
        "models.md": models_page(),
        "datasets.md": datasets_page(),
        "command_line.md": command_line_page(),
        "contributing.md": (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"),
        "changelog.md": (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"),
        **{f"api/{room}.md": reference_page(room) for room in rooms()},
        **{f"results/{file.name}": result_page(file) for file in results()},
        **{f"results/{file.name}": file.read_text(encoding="utf-8") for file in sorted(RESULTS.glob("*.csv"))},
    }
    for path, content in pages.items():
        files.append(File.generated(config, path, content=content))
    return files


def models_page() -> str:
    """Return the page of models: the table, then a section for each."""
    from deepbio.zoo.registry import list_models, model_spec

    parts = [
        "# Models\n",
        "`deepbio models` prints this list, and `deepbio info NAME` a page about one model. `get_model(NAME, ...)` builds it.",
        "Each option below is a keyword of `get_model`, or `--set option=value` on the command line. Parameters are counted",
        "in the reference form.\n",
        model_table(),
    ]
    for name in list_models():
        spec = model_spec(name)
        parts += [
            f"\n## {name} {{ #{name} }}\n",
            f"{spec.summary}.\n",
            f"- Paper: {spec.paper}",
            f"- Input: {', '.join(spec.modality)}",
            f"- Reference form: {_pairs(spec.reference)}: {spec.parameters:,} parameters",
            *([f"- Fixed by this name: {_pairs(spec.defaults)}"] if spec.defaults else []),
            f"- `fit` uses: {_pairs(spec.training)}" if spec.training else "- `fit` uses its general defaults",
            *([f"- Pretrained: {', '.join(f'`{name}.{tag}`' for tag in spec.tags)}"] if spec.tags else []),
            f"\n::: {spec.module}.{spec.function}\n    options:\n      show_root_toc_entry: false\n      heading_level: 3\n",
        ]
    return "\n".join(parts)


def datasets_page() -> str:
    """Return the page of data sets: the table, then each card."""
    from deepbio.datasets import dataset_card, list_datasets

    parts = [
        "# Data sets\n",
        "`deepbio datasets` prints this list. Some data sets come with deepbio. Some are fetched from their publisher when they",
        "are first loaded, and checked by checksum. Some are user-supplied: the card says how to obtain the files.",
        "Splits are fixed and share no group.\n",
        dataset_table(),
    ]
    for card in map(dataset_card, list_datasets()):
        sizes = card["split"].get("sizes") or card["split"].get("fractions") or {}
        parts += [
            f"\n## {card.name} {{ #{card.name} }}\n",
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
    return "\n".join(parts) + "\n"


def command_line_page() -> str:
    """Return the page of the command line: each command with its arguments and options, and the options that several share."""
    import typer.main

    from deepbio.cli.main import app
    from deepbio.cli.own_data import PANEL

    shared: dict[str, str] = {}

    def sections(commands: dict, words: str = "") -> list[str]:
        parts = []
        for name, command in commands.items():
            arguments = [p for p in command.params if p.param_type_name == "argument"]
            own = [p for p in command.params if getattr(p, "rich_help_panel", None) == PANEL]
            options = [p for p in command.params if p.param_type_name == "option" and p not in own and p.name != "help"]
            shared.update({_option(p): "" for p in own})
            usage = [p.name.upper() if p.required else f"[{p.name.upper()}]" for p in arguments]
            parts += [
                f"## {words}{name}\n",
                f"    deepbio {' '.join([words + name, '[OPTIONS]', *usage])}\n",
                f"{command.help}\n",
            ]
            parts += [f"- `{metavar}`: {_plain(p.help or '')}" for p, metavar in zip(arguments, usage, strict=True)]
            parts += [
                *map(_option, options),
                *([f"- The options of [your own data](#{_OWN_DATA})."] if own else []),
                "",
            ]
            parts += sections(getattr(command, "commands", {}), f"{words}{name} ")
        return parts

    described = sections(typer.main.get_command(app).commands)  # type: ignore[attr-defined]
    parts = [
        "# Command line\n",
        "Tables are drawn on a terminal and are tab-separated lines in a pipe. Notes go to standard error. An error in the input",
        "is one message and exit code 2; `deepbio --debug COMMAND ...` shows the traceback.\n",
        *described,
        f"## Options of your own data {{ #{_OWN_DATA} }}\n",
        "Six commands share these options; the guide to [your own data](your_data.md) has examples.\n",
        *shared,
    ]
    return "\n".join(parts) + "\n"


def _option(p) -> str:
    return f"- `{', '.join([*p.opts, *p.secondary_opts])}`: {_plain(p.help or '')}"


def reference_page(room: str) -> str:
    """Return the reference of a room: each public name, documented where it is defined.

    The names are looked up in the room's `__init__.py`, since a package and a module in it can share a name
    (`deepbio.training.fit` is a function and a file).
    """
    name = f"deepbio.{room.replace('/', '.')}"
    file = ROOT / "deepbio" / f"{room}.py"
    if file.exists():
        return f"# {name}\n\n::: {name}\n    options: {{show_root_heading: false, show_root_toc_entry: false}}\n"
    tree = ast.parse((ROOT / "deepbio" / room / "__init__.py").read_text(encoding="utf-8"))
    homes = {
        alias.asname or alias.name: f"{node.module}.{alias.name}"
        for node in ast.walk(tree)  # also inside `if TYPE_CHECKING`, for rooms that load their names lazily
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    public = next(
        ast.literal_eval(n.value) for n in tree.body if isinstance(n, ast.Assign) and _names(n) == ["__all__"]
    )
    parts = [f"# {name}\n", ast.get_docstring(tree) or "", ""]
    parts += [f"::: {homes.get(entry, f'{name}.{entry}')}\n    options: {{heading_level: 2}}\n" for entry in public]
    return "\n".join(parts)


def _plain(text: str) -> str:
    return text.replace("*", "\\*")  # a wildcard, not emphasis


def _names(assignment: ast.Assign) -> list[str]:
    return [target.id for target in assignment.targets if isinstance(target, ast.Name)]


def _pairs(values) -> str:
    return ", ".join(f"{key} {value}" for key, value in values.items())

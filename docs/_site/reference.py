"""The reference: one page per room with its public names, and the pages of the command line."""

from __future__ import annotations

import ast
import importlib
import inspect
from collections.abc import Iterator

from tables import ROOT

CODE = ROOT / "deepbio"
# The reference begins with the rooms that most readers look for; the others follow by name.
FIRST = ("zoo", "datasets", "training", "inference")
_OWN_DATA = "options-of-your-own-data"


def rooms() -> list[str]:
    """Return the rooms that have public names: packages that state `__all__`, and two single files."""
    packages = [
        init.parent.relative_to(CODE).as_posix()
        for init in CODE.rglob("__init__.py")
        if init.parent not in (CODE, CODE / "cli") and "__all__" in init.read_text(encoding="utf-8")
    ]
    first = {name: i for i, name in enumerate(FIRST)}
    return sorted([*packages, "specs", "errors"], key=lambda room: (first.get(room.split("/")[0], len(first)), room))


def room_pages() -> dict[str, str]:
    """Return the reference of every room; a name that several rooms export is indexed in that of its file."""
    exports = {room: dict(_exports(room)) for room in rooms() if not (CODE / f"{room}.py").exists()}
    homes: dict[int, str] = {}
    for room, values in exports.items():
        for value in values.values():
            inside = [
                getattr(value, "__module__", "").startswith(f"{_module(r)}.") for r in (room, homes.get(id(value), ""))
            ]
            if id(value) not in homes or inside == [True, False]:
                homes[id(value)] = room
    pages = {}
    for room in rooms():
        parts = [f"# {_module(room)}\n", _rst(f".. automodule:: {_module(room)}", members=room not in exports)]
        parts += [
            _rst(f".. auto{_kind(value)}:: {_module(room)}::{name}", index=homes[id(value)] == room)
            for name, value in exports.get(room, {}).items()
        ]
        pages[room] = "\n".join(parts)
    return pages


def reference_index() -> str:
    """Return the page that lists all rooms."""
    lines = []
    for room in rooms():
        file = CODE / f"{room}.py"
        text = (file if file.exists() else CODE / room / "__init__.py").read_text(encoding="utf-8")
        summary = (ast.get_docstring(ast.parse(text)) or "").split("\n")[0]
        lines.append(f"| [`{_module(room)}`](api/{room}.md) | {summary.replace('|', chr(92) + '|')} |")
    return "\n".join(
        [
            "# Reference\n",
            "[`deepbio`](api/deepbio.md) has the names that most programs need; the rooms below have all. The",
            "[command line](command_line.md) has a page of its own.\n",
            "| room | content |",
            "|---|---|",
            *lines,
            "\n```{toctree}\n:hidden:\n",
            "command_line",
            "api/deepbio",
            *(f"api/{room}" for room in rooms()),
            "```\n",
        ]
    )


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
                f"```text\ndeepbio {' '.join([words + name, '[OPTIONS]', *usage])}\n```\n",
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
        "## Options of your own data\n",
        "Six commands share these options; the guide to [your own data](your_data.md) has examples.\n",
        *shared,
    ]
    return "\n".join(parts) + "\n"


def _module(room: str) -> str:
    return f"deepbio.{room.replace('/', '.')}"


def _exports(room: str) -> Iterator[tuple[str, object]]:
    module = importlib.import_module(_module(room))
    return ((name, getattr(module, name)) for name in module.__all__)


def _kind(value: object) -> str:
    return "class" if inspect.isclass(value) else "function" if callable(value) else "data"


def _rst(directive: str, *, members: bool = True, index: bool = True) -> str:
    options = ("" if members else "\n   :no-members:") + ("" if index else "\n   :no-index:")
    return f"```{{eval-rst}}\n{directive}{options}\n```\n"


def _option(p) -> str:
    return f"- `{', '.join([*p.opts, *p.secondary_opts])}`: {_plain(p.help or '')}"


def _plain(text: str) -> str:
    return text.replace("*", "\\*")  # a wildcard, not emphasis

"""Registrations of models as their source files state them: the registry knows every model without importing a builder."""

import ast
import functools
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any


@functools.cache
def builder_files() -> tuple[Path, ...]:
    """Return the files of the builders, in the folders of their modalities."""
    return tuple(sorted(Path(__file__).parent.glob("*/[!_]*.py")))


@functools.cache
def source_of(file: Path) -> str:
    """Return the text of a file."""
    return file.read_text(encoding="utf-8")


def registrations(file: Path, shared: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the function and the facts of each `@register` in a file, without running it.

    Args:
        file: File of builders.
        shared: Values of names that its decorators may use, besides those that the file assigns.
    """
    body = ast.parse(source_of(file), filename=str(file)).body
    assignments = [(node.targets[0], node.value) for node in body if isinstance(node, ast.Assign)]
    constants = {target.id: value for target, value in assignments if isinstance(target, ast.Name)}

    def evaluate(value: ast.expr) -> Any:
        if isinstance(value, ast.Name):
            return evaluate(constants[value.id]) if value.id in constants else shared[value.id]
        if isinstance(value, ast.Call):  # dict(SHARED, key=value, ...)
            first = evaluate(value.args[0]) if value.args else {}
            return {**first, **{str(word.arg): ast.literal_eval(word.value) for word in value.keywords}}
        return ast.literal_eval(value)

    for node in body:
        if not isinstance(node, ast.FunctionDef):
            continue
        for call in node.decorator_list:
            if isinstance(call, ast.Call) and (kind := getattr(call.func, "id", "")) in ("register", "register_each"):
                facts = {"name": evaluate(call.args[0])}
                facts |= {str(word.arg): evaluate(word.value) for word in call.keywords}
                for each in [facts] if kind == "register" else _members(facts):
                    yield node.name, each


def _members(facts: dict[str, Any]) -> Iterator[dict[str, Any]]:
    family, members, option, summary = (facts.pop(key) for key in ("name", "members", "option", "summary"))
    for name, (value, pixels, parameters) in members.items():
        yield {
            **facts,
            "name": f"{family}.{name}",
            "family": family,
            "summary": summary.format(value),
            "defaults": {option: value},
            "reference": {"input_shape": (pixels, pixels, 3), "outputs": 1000},
            "parameters": parameters,
        }

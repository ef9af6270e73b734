"""Read JSON and YAML that others wrote: bounded in size, depth and number, without aliases, then checked by a pydantic model."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from deepbio.errors import DataError, DeepbioError
from deepbio.limits import read_bounded

MAX_JSON = 64 << 20  # bytes
MAX_YAML = 2 << 20  # its parser is some fifty times slower
MAX_DEPTH = 60
MAX_VALUES = 5_000_000
_BAD = (ValueError, RecursionError, TypeError, OverflowError, AttributeError, KeyError)  # what parsers raise

Model = TypeVar("Model", bound=BaseModel)
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Word = Annotated[str, Field(max_length=1000)]
Number = Annotated[int, Field(ge=-(2**53), le=2**53)]


class Part(BaseModel):
    """A part of a document: types are exact, and entries that it does not name are refused."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)


class OpenPart(BaseModel):
    """A part of a document that may have more entries than those that it names."""

    model_config = ConfigDict(extra="allow", strict=True, allow_inf_nan=False)


def read_document(
    path: str | os.PathLike[str], model: type[Model], *, error: type[DeepbioError] = DataError
) -> tuple[Any, Model]:
    """Read a JSON file, or a YAML file if its name ends in `.yaml` or `.yml`.

    Args:
        path: Path of the file.
        model: pydantic model of its content.
        error: Class of the errors.

    Returns:
        The content as plain lists and dictionaries, and the same as `model`.

    Raises:
        OSError: The file does not exist or cannot be read.
        DeepbioError: It is no regular file, too large, not valid, or its content does not suit the model.
    """
    content = parse_file(path, error=error)
    return content, check_content(content, model, os.fspath(path), error=error)


def parse_file(path: str | os.PathLike[str], *, error: type[DeepbioError] = DataError) -> Any:
    """Return the content of a JSON file, or of a YAML file if its name ends in `.yaml` or `.yml`, as `read_document` does."""
    name = os.fspath(path)
    is_yaml = name.endswith((".yaml", ".yml"))
    try:
        content = read_bounded(path, MAX_YAML if is_yaml else MAX_JSON)
    except DataError as problem:
        raise error(str(problem)) from problem
    return (parse_yaml if is_yaml else parse_json)(content, name, error=error)


def parse_json(content: bytes | str, where: str, *, error: type[DeepbioError] = DataError) -> Any:
    """Return the content of JSON. NaN, infinity and repeated keys are refused.

    Raises:
        DeepbioError: It is not valid, or has too many values or a too deep structure.

    Example:
        >>> parse_json('{"a": [1]}', "a.json")
        {'a': [1]}
    """
    try:
        text = content.decode("utf-8") if isinstance(content, bytes) else content
        parsed = json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant)
        if "\\ud" in text.lower():  # half a character, which cannot be written again
            json.dumps(parsed, ensure_ascii=False).encode()
    except _BAD as problem:
        raise error(f"{where} is not valid JSON ({_reason(problem)}). Copy it again from where it came.") from problem
    return _bounded(parsed, where, error)


def parse_yaml(content: bytes | str, where: str, *, error: type[DeepbioError] = DataError) -> Any:
    """Return the content of YAML, of plain values only. Aliases, which can repeat a part without end, are refused.

    Raises:
        DeepbioError: It is not valid, has an alias, or too many values or a too deep structure.

    Example:
        >>> parse_yaml("a: [1]", "a.yaml")
        {'a': [1]}
    """
    import yaml

    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        text = content.decode("utf-8") if isinstance(content, bytes) else content
        depth = 0
        for event in yaml.parse(text, Loader=loader):
            if isinstance(event, yaml.AliasEvent):
                line = 0 if event.start_mark is None else event.start_mark.line + 1
                raise error(f"{where}, line {line}: expected YAML without aliases (*name). Write the value out.")
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > MAX_DEPTH:
                raise error(f"{where}: expected at most {MAX_DEPTH} parts inside each other.")
        parsed = yaml.load(text, Loader=loader)
    except (yaml.YAMLError, *_BAD) as problem:
        raise error(f"{where} is not valid YAML: {_reason(problem)}") from problem
    return _bounded(parsed, where, error)


def check_content(content: Any, model: type[Model], where: str, *, error: type[DeepbioError] = DataError) -> Model:
    """Return parsed content as `model`.

    Raises:
        DeepbioError: The content does not suit the model. Received text is not repeated, because it may be private.

    Example:
        >>> class Point(Part):
        ...     x: int
        >>> check_content({"x": 3}, Point, "point.json").x
        3
    """
    try:
        return model.model_validate(content)
    except ValidationError as problem:
        found = problem.errors(include_url=False, include_input=True)
        words = "; ".join(_in_words(one) for one in found[:3]) + ("; ..." if len(found) > 3 else "")
        raise error(f"{where} does not have the form that deepbio writes: {words}.") from None


def _in_words(one: Any) -> str:
    place = ".".join(str(part)[:60] for part in one["loc"] if not str(part).startswith("function-")) or "its content"
    value = one["input"]
    plain = value is None or isinstance(value, (bool, float)) or (isinstance(value, int) and abs(value) < 10**18)
    received = repr(value) if plain else type(value).__name__
    return f"{place}: {one['msg'][:200]}, received {'nothing' if one['type'] == 'missing' else received}"


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key is repeated")
    return found


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is no number of JSON")


def _reason(problem: BaseException) -> str:
    if isinstance(problem, RecursionError):
        return "its parts are too deep inside each other"
    return (str(problem).splitlines() or [type(problem).__name__])[0][:200]


def _bounded(parsed: Any, where: str, error: type[DeepbioError]) -> Any:
    """Return `parsed` after counting its values and its depth, without recursion."""
    layer: list[Any] = [parsed]
    total = 0
    for _ in range(MAX_DEPTH):
        total += len(layer)
        inner: list[Iterable[Any]] = [
            value.values() if isinstance(value, dict) else value for value in layer if isinstance(value, (dict, list))
        ]
        if not inner:
            return parsed
        if total > MAX_VALUES:
            raise error(f"{where}: expected at most {MAX_VALUES:,} values.")
        layer = [value for part in inner for value in part]
    raise error(f"{where}: expected at most {MAX_DEPTH} parts inside each other.")

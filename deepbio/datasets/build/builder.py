"""What all builders share: groups from names, and the step from the examples read to a `Dataset` that records its options."""

import contextlib
import functools
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from inspect import Parameter, signature
from pathlib import Path
from typing import Any, ParamSpec

from deepbio.datasets.build.arrays import from_arrays
from deepbio.datasets.dataset import Dataset
from deepbio.datasets.options import FUNCTION, check_options, names_of, serialize_options
from deepbio.datasets.targets import check_predicted
from deepbio.errors import DataError
from deepbio.specs import Reading

Grouping = str | Callable[[str], str]
_P = ParamSpec("_P")
_PASSED_ON = ("kind", "labels", "positive", "uncertain", "fractions", "seed", "duplicates")
# Options that do not decide how one example is read: files, groups and splits, and what the task and the input contain.
# Every other option of a builder is part of `Dataset.reading`.
_NO_READING = frozenset(
    {"genome", "bed", "bigwig", "vcf", "folder", "name", "group", "split", "valid", "test", "fractions", "seed"}
    | {"duplicates", "kind", "positive", "vocabulary", "tokenizer", "missing_group", "sample_weight"}
)


def builder(source: str) -> Callable[[Callable[_P, dict[str, Any]]], Callable[_P, Dataset]]:
    """Turn a function that reads files into a builder of data sets.

    The function returns arguments of `from_arrays`. Its own arguments `kind`, `labels`, `positive`, `fractions`, `seed`,
    `duplicates` and `name` are passed on unless it returns others. `Dataset.options` records all arguments that differ from
    their defaults, and what the function returns as `options`. `Dataset.reading` records the arguments that decide how an
    example is read (all but `_NO_READING`), and what the function returns as `reading`, such as categories that it found.
    A trained model calls the function itself (`inspect.unwrap(builder)`), for new examples without a label also with neither
    `label` nor `targets`.

    Args:
        source: Name under which the first argument is recorded, such as `"csv"`; see `deepbio.datasets.load.rebuild`.
    """

    def decorate(read: Callable[_P, dict[str, Any]]) -> Callable[_P, Dataset]:
        parameters = signature(read).parameters
        usual = serialize_options(
            {name: p.default for name, p in parameters.items() if p.default is not Parameter.empty}
        )

        @functools.wraps(read)
        def build(*args: _P.args, **kwargs: _P.kwargs) -> Dataset:
            bound = signature(read).bind(*args, **kwargs)
            bound.apply_defaults()
            (_, origin), *rest = bound.arguments.items()
            given = dict(rest)
            flags = {name: given[name] for name, p in parameters.items() if p.annotation is bool and name in given}
            check_options(read, flags, owner="A data set", complete=False)  # "no" would be true
            with _types_checked_if_it_fails(read, given):
                if {"label", "targets"} <= given.keys():
                    check_predicted(given["label"], names_of(given["targets"]))
                examples = read(*args, **kwargs)
            path = Path(origin) if isinstance(origin, (str, os.PathLike)) else None
            options = {source: origin} if path or isinstance(origin, Mapping) else {}
            # the kind of a task is recorded even if it is the default
            plain = serialize_options({name: value for name, value in rest if name not in ("seed", "name")})
            options |= {name: value for name, value in plain.items() if name == "kind" or value != usual.get(name)}
            passed = {name: given[name] for name in _PASSED_ON if name in given}
            passed["name"] = given["name"] or (path.name.split(".")[0] if path else source)
            passed["options"] = serialize_options(options | examples.pop("options", {}))
            reading = {name: value for name, value in rest if name in reading_options(build)}
            learned = serialize_options(reading | examples.pop("reading", {}))
            try:
                with _types_checked_if_it_fails(read, given):
                    data = from_arrays(**(passed | examples))
            except DataError as error:
                # of a genome, the regions or variants are at fault
                file = path if source != "genome" else next((given[n] for n in ("bed", "vcf") if n in given), None)
                if not isinstance(file, (str, os.PathLike)) or str(file) in str(error):
                    raise
                raise DataError(f"{file}: {error}") from error
            if data.input.categories:  # those of the training split
                learned["categories"] = data.input.categories_by_name()
            how = {name: value for name, value in learned.items() if value != FUNCTION}
            return replace(data, reading=Reading(read.__name__.removeprefix("from_"), how))

        return build

    return decorate


@contextlib.contextmanager
def _types_checked_if_it_fails(function: Callable[..., Any], options: Mapping[str, Any]) -> Iterator[None]:
    """Name the option of a wrong type instead of the exception that it leads to."""
    try:
        yield
    except MemoryError as error:
        raise DataError(
            f"The examples do not fit into memory ({error}). Pass a smaller length or shape, or fewer examples."
        ) from error
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
        usual = {name: parameter.default for name, parameter in signature(function).parameters.items()}
        given = {name: value for name, value in options.items() if name != "name" and value is not usual[name]}
        check_options(function, given, owner="A data set", complete=False)
        raise


def reading_options(builder: Callable[..., Any]) -> list[str]:
    """Return the options of a builder that decide how one example is read.

    Example:
        >>> @builder("csv")
        ... def from_csv(path, *, text=None, encoding="utf-8", seed=0, name=None): ...
        >>> reading_options(from_csv)
        ['text', 'encoding']
    """
    return [name for name in list(signature(builder).parameters)[1:] if name not in _NO_READING]


def groups_of(names: Sequence[str], group: Grouping | None) -> list[str] | None:
    """Return the group of each name, or None if there is no `group`.

    Args:
        names: Names of the examples.
        group: Function of the name, or regular expression whose first parenthesis, or else the whole match, is the group.

    Raises:
        DataError: the pattern is not a regular expression, or a name does not match it.

    Example:
        >>> groups_of(["chr1:5-9", "chr2:3-7"], r"^(\\w+):")
        ['chr1', 'chr2']
    """
    if group is None or callable(group):
        return None if group is None else [str(group(name)) for name in names]
    try:
        pattern = re.compile(group)
    except re.error as error:
        raise DataError(f"The group {group!r} is not a regular expression: {error}.") from error
    found = []
    for name in names:
        match = pattern.search(name)
        part = None if match is None else match[1] if pattern.groups else match[0]
        if not part:
            raise DataError(f"The pattern of groups, {group!r}, finds nothing in the name {name!r}.")
        found.append(part)
    return found

"""Groups from names: a function, or a pattern whose match in an example's name is its group."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from deepbio.errors import DataError

Grouping = str | Callable[[str], str]


def groups_of(names: Sequence[str], group: Grouping | None) -> list[str] | None:
    """Return the group of each name; None where there is no `group`.

    Args:
        names: of the examples.
        group: a function of the name, or a regular expression: its first parenthesis, or else the whole match, is the group.

    Raises:
        DataError: the pattern is none, or a name does not match it.

    Example:
        >>> groups_of(["chr1:5-9", "chr2:3-7"], r"^(\\w+):")
        ['chr1', 'chr2']
    """
    if group is None or callable(group):
        return None if group is None else [str(group(name)) for name in names]
    try:
        pattern = re.compile(group)
    except re.error as error:
        raise DataError(f"group={group!r} is not a regular expression: {error}.") from error
    found = []
    for name in names:
        match = pattern.search(name)
        part = None if match is None else match[1] if pattern.groups else match[0]
        if not part:
            raise DataError(f"The pattern of groups, {group!r}, finds nothing in the name {name!r}.")
        found.append(part)
    return found

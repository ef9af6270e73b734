"""Groups of examples that are not independent, such as the windows of a chromosome or the images of a patient."""

import numpy as np
from numpy.typing import ArrayLike

from deepbio.errors import DataError


def group_numbers(groups: ArrayLike, n: int | None = None) -> np.ndarray:
    """Return the number of each example's group, from 0, `(n,)`. `1`, `1.0` and `"1"` are one group.

    Raises:
        DataError: There is not one group per example, or an example has none: `None`, NaN or an empty text.

    Example:
        >>> group_numbers(["p2", "p1", "p2"])
        array([1, 0, 1])
    """
    plain = isinstance(groups, np.ndarray) and groups.dtype.kind in "iu"
    # As objects, because in an array of texts a NaN would be the group "nan".
    named = np.asarray(groups, dtype=None if plain else object)
    if named.ndim != 1 or (n is not None and len(named) != n):
        of = "each example" if n is None else f"each of the {n} examples"
        raise DataError(f"groups name {of} once; received shape {named.shape}.")
    if plain:
        return np.unique(named, return_inverse=True)[1]
    names = [_name(group) for group in named]
    if None in names:
        raise DataError(
            f"groups: example {names.index(None) + 1} has none, nor have {names.count(None) - 1} others. Name one, or leave "
            "these examples out."
        )
    return np.unique(np.array(names, dtype=str), return_inverse=True)[1]


def _name(group: object) -> str | None:
    """Return the name of a group, or `None` if the example has none."""
    try:
        absent = group is None or bool(group != group) or (isinstance(group, str) and not group.strip())
    except TypeError:  # pandas.NA, of which every comparison is NA
        return None
    if absent:
        return None
    return str(int(group)) if isinstance(group, (float, np.floating)) and group.is_integer() else str(group)


def shared_groups(groups: ArrayLike | None) -> np.ndarray | None:
    """Return the groups, or None if no two examples share one: the examples are then independent.

    Example:
        >>> print(shared_groups(["a", "b"]), shared_groups(["a", "a", "b"]))
        None ['a' 'a' 'b']
    """
    if groups is None:
        return None
    found = np.asarray(groups)
    return None if group_numbers(groups).max(initial=-1) + 1 == len(found) else found

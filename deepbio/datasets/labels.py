"""Names of labels and categories: their order, spellings that look alike, and columns that are no labels."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, Literal

import numpy as np

from deepbio.errors import DataError

Uncertain = Literal["missing", "negative", "positive", "class"]


def level_name(cell: Any) -> str:
    """Return the name of a category: without outer spaces, and a whole number without its decimals.

    Example:
        >>> level_name(" f "), level_name(3.0), level_name("3.0"), level_name("01")
        ('f', '3', '3', '01')
    """
    return re.sub(r"^(-?\d+)\.0+$", r"\1", str(cell).strip())


def spelling_key(label: str) -> Any:
    """Return what spellings of one label have in common: the value of a number (True is 1), else the word in lower case.

    Unicode forms, characters without a width, and hyphens, underscores and spaces between letters make no difference.

    Example:
        >>> spelling_key("1.0") == spelling_key("True") == spelling_key(" 1"), spelling_key("Ill ") == spelling_key("ill")
        (True, True)
        >>> spelling_key("caf\u00e9") == spelling_key("cafe\u0301"), spelling_key("non-ill") == spelling_key("non_ill")
        (True, True)
    """
    plain = "".join(c for c in unicodedata.normalize("NFKC", label) if unicodedata.category(c) != "Cf")
    word = " ".join(plain.split()).casefold().strip(",;| ")
    if word in ("true", "false"):
        return int(word == "true")
    if re.fullmatch(r"[+-]?\d+", word, flags=re.ASCII):
        return int(word[:400])  # exact, as record numbers beyond 2^53 are
    number = as_number(word)
    return re.sub(r"(?<=\w)[-_\u2010-\u2015 ](?=\w)", " ", word) if number is None else number


def order_labels(labels: Any) -> list[str]:
    """Return different labels in order: by value if all are numbers, else by the alphabet.

    Example:
        >>> order_labels({"10", "9", "6"}), order_labels({"severe", "mild"})
        (['6', '9', '10'], ['mild', 'severe'])
    """
    names = sorted(map(str, labels))
    numbers = [as_number(name) for name in names]
    return names if None in numbers else sorted(names, key=lambda name: (as_number(name) or 0.0, name))


def as_number(text: str) -> float | None:
    """Return the finite number that a text writes, or None.

    Example:
        >>> as_number("1.50"), as_number("nan"), as_number("1_000"), as_number("mild")
        (1.5, None, None, None)
    """
    try:
        value = float(text) if "_" not in text else float("nan")
    except ValueError:
        return None
    return value if np.isfinite(value) else None


def listed(rows: Sequence[int] | np.ndarray) -> str:
    """Return row numbers in words, at most ten.

    Example:
        >>> listed([8]), listed([12, 32]), listed(range(1, 30))
        ('row 8', 'rows 12 and 32', 'rows 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 and 19 more')
    """
    numbers = [str(row) for row in rows]
    if len(numbers) == 1:
        return f"row {numbers[0]}"
    if len(numbers) > 10:
        return f"rows {', '.join(numbers[:10])} and {len(numbers) - 10} more"
    return f"rows {', '.join(numbers[:-1])} and {numbers[-1]}"


def look_alikes(labels: Iterable[str]) -> list[list[str]]:
    """Return the labels that differ in case, spaces or the way of writing a number only, in lists of two or more.

    Example:
        >>> look_alikes(["well", " ill", "ill", "Ill"])
        [[' ill', 'Ill', 'ill']]
    """
    found: dict[Any, list[str]] = {}
    for label in sorted(map(str, labels)):
        found.setdefault(spelling_key(label), []).append(label)
    return [names for names in found.values() if len(names) > 1]


def list_marks(labels: Iterable[str]) -> str | None:
    """Return the mark that seems to separate several labels in one, or None.

    `|` and `;` do wherever they are between two words; `,`, `/`, `+` and `&` where each part is a label as well.

    Example:
        >>> list_marks(["Edema", "Edema|Effusion"]), list_marks(["well", "ill"])
        ('|', None)
        >>> list_marks(["Edema", "Effusion", "Edema,Effusion"]), list_marks(["Edema, mild", "well"])
        (',', None)
    """
    names = list(labels)
    known = {name.strip() for name in names}

    def lists(name: str, mark: str) -> bool:
        parts = [part.strip() for part in name.split(mark)]
        return mark in name.strip(mark + " ") and (mark in "|;" or (len(parts) > 1 and known.issuperset(parts)))

    return next((mark for mark in "|;,/+&" if any(lists(name, mark) for name in names)), None)


def split_labels(cells: Sequence[str], sep: str, labels: Sequence[str] | None = None) -> tuple[np.ndarray, list[str]]:
    """Split cells that list several labels, and return them as 0/1, float32 `(n, labels)`, with the names.

    Args:
        cells: Labels of each row, separated by `sep`; spaces around a label do not count.
        sep: Separator of the labels.
        labels: Labels in order; None takes those found, numbers by value and words by the alphabet.

    Raises:
        DataError: `sep` is empty, or a label is not among `labels`.

    Example:
        >>> y, names = split_labels(["041.4;250.00", "042"], ";")
        >>> y.tolist(), names
        ([[1.0, 0.0, 1.0], [0.0, 1.0, 0.0]], ['041.4', '042', '250.00'])
    """
    if not sep:
        raise DataError(
            "sep is the mark between several labels in a cell, such as sep='|' (on the command line --data sep='|')."
        )
    lists = [{part.strip() for part in cell.split(sep)} - {""} for cell in cells]
    names = order_labels(set().union(*lists)) if labels is None else list(map(str, labels))
    column = {name: i for i, name in enumerate(names)}
    y = np.zeros((len(cells), len(names)), np.float32)
    for i, found in enumerate(lists):
        if unknown := found - set(names):
            raise DataError(f"Row {i + 1}: the label {min(unknown)!r} is not among labels={names}.")
        y[i, [column[name] for name in found]] = 1
    return y, names


def check_classes(labels: Any, *, advice: str) -> None:
    """Check that labels are classes: not measured numbers, and not a name of its own for each example.

    Args:
        labels: Labels, words or numbers `(n,)`.
        advice: What to do about numbers.

    Raises:
        DataError: the labels are more than ten numbers with decimals; numbers of which most occur once; more than 20 numbers
            for fewer than five examples each; or at least ten words that all occur once.

    Example:
        >>> check_classes(["0.5", "0.7"] * 30, advice="")
    """
    counts = Counter(str(label) for label in np.asarray(labels).tolist())
    k, n, once = len(counts), sum(counts.values()), sum(count == 1 for count in counts.values())
    numbers = [as_number(label) for label in counts]
    if None in numbers:
        if k == n >= 10:
            files = all(re.search(r"\.\w{2,5}$", label) for label in counts)
            masks = " If these are files of masks, pass kind='per_pixel' (on the command line --data kind=per_pixel)."
            raise DataError(
                f"{k} classes with one example each are no classes: name the column of the classes.{masks if files else ''}"
            )
        return
    decimals = sum(value is not None and value != int(value) for value in numbers)
    if (k > 10 and decimals) or (k >= 10 and 2 * once >= n) or (k > 20 and 5 * k > n):
        what = "with one example each" if once == k else f"for {n} examples, {once} of them with one"
        raise DataError(f"{k} classes {what}; {advice}.")


def check_marks(y: np.ndarray, names: Sequence[str], *, rows: Sequence[int] | np.ndarray | None = None) -> None:
    """Check that columns of numbers are all 0/1 marks, or all values: an odd value must not turn marks into measurements.

    Args:
        y: Float `(n, outputs)`; NaN is unknown.
        names: Names of the columns.
        rows: Numbers of the rows, for errors; None counts from 1.

    Raises:
        DataError: a column has 0 and 1 and few other values, with the first of them.

    Example:
        >>> check_marks(np.array([[0.0, 1.0], [1.0, -1.0]]), ["Edema", "Pneumonia"])
        Traceback (most recent call last):
        deepbio.errors.DataError: Row 2, column 'Pneumonia': -1 among 0 and 1. If -1 marks uncertain labels, as in CheXpert, ...
    """
    known = ~np.isnan(y)
    other = known & ~np.isin(y, (0, 1))
    if not other.any():
        return
    share = (known & ~other).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    marks = (share == 1) | (np.isin(y[:, :], (0, 1)).any(axis=0) & (share >= 0.8)) | _uncertain_only(y)
    if not marks.any():
        return
    odd = other & marks if (other & marks).any() else other
    row, column = np.argwhere(odd)[0]
    number = row + 1 if rows is None else rows[row]
    name = names[column] if len(names) else f"{column + 1}"
    value = f"{y[row, column]:g}"
    advice = (
        "If -1 marks uncertain labels, as in CheXpert, pass uncertain='missing', 'negative', 'positive' or 'class' (on the "
        "command line --data uncertain=missing)"
        if value == "-1"
        else "Correct it"
    )
    raise DataError(
        f"Row {number}, column {name!r}: {value} among 0 and 1. {advice}; if these are numbers to predict, pass "
        "kind='regression' (on the command line --data kind=regression)."
    )


def resolve_uncertain(y: np.ndarray, names: Sequence[str], policy: Uncertain) -> tuple[np.ndarray, list[str]]:
    """Replace -1 in 0/1 labels by what it means, and return the labels and their names.

    Args:
        y: Float `(n, outputs)` of 0, 1, -1 and NaN.
        names: Names of the columns.
        policy: `"missing"` ignores the label, `"negative"` and `"positive"` count it as 0 and 1, and `"class"` ignores it and
            adds a label `NAME uncertain` for each column with -1.

    Source: Irvin et al. 2019, doi:10.1609/aaai.v33i01.3301590.

    Example:
        >>> y, names = resolve_uncertain(np.array([[-1.0], [1.0], [0.0]]), ["Edema"], "class")
        >>> y.tolist(), names
        ([[nan, 1.0], [1.0, 0.0], [0.0, 0.0]], ['Edema', 'Edema uncertain'])
    """
    marked, names = y == -1, list(names) or [str(i) for i in range(y.shape[1])]
    found = np.where(marked, {"negative": 0.0, "positive": 1.0}.get(policy, np.nan), y)
    if policy == "class":
        some = np.flatnonzero(marked.any(axis=0))
        own = np.where(np.isnan(y), np.nan, marked)[:, some]
        found, names = np.concatenate([found, own], axis=1), [*names, *(f"{names[i]} uncertain" for i in some)]
    return found, names


def _uncertain_only(y: np.ndarray) -> np.ndarray:
    """Return which columns have no value but -1, 0 and 1, and some -1."""
    return (np.isin(y, (-1, 0, 1)) | np.isnan(y)).all(axis=0) & (y == -1).any(axis=0)

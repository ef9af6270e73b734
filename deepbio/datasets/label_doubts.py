"""What is odd about the names of classes: spellings that look alike, lists of labels, and codes of missing values."""

import re
import unicodedata
from collections.abc import Iterable

from deepbio.datasets.labels import as_number, list_marks, look_alikes

# words of statistics programs, spreadsheets and databases for a value that is not there
_NO_VALUE = re.compile(
    r"n\.?/?a\.?|nan|nat|null|nil|none|unk|unknown|not known|missing|not available|undefined|\\n|1\.#(qnan|ind)|[+-]?inf(inity)?"
    r"|#(div/0|value|ref|name|num|null)[!?]|[-?.*_\u2010-\u2015]+",
    flags=re.IGNORECASE,
)
_CODES = {sign * int(digit * times) for sign in (1, -1) for digit in "9" for times in (1, 2, 3, 4)}


def missing_codes(labels: Iterable[str]) -> list[str]:
    """Return the labels that may be codes of a missing value.

    These are words such as `unknown`, `?` and `#DIV/0!`, a -1 beside 0, and 9, 99, -9 and so on apart from the other numbers.

    Example:
        >>> missing_codes(["ill", "?", "well"]), missing_codes(["0", "1", "9"]), missing_codes(["6", "7", "8", "9", "10"])
        (['?'], ['9'], [])
        >>> missing_codes(["0", "1", "-1"]), missing_codes(["-1", "1"])
        (['-1'], [])
    """
    names = sorted(map(str, labels))
    words = [name for name in names if _NO_VALUE.fullmatch(" ".join(unicodedata.normalize("NFKC", name).split()))]
    values = {name: value for name in names if name not in words and (value := as_number(name)) is not None}
    others = len(names) - len(words) - len(values)
    if "+" in names:
        words = [name for name in words if name != "-"]  # the result of a test, or a strand
    found = [name for name, value in values.items() if value in _CODES and (others or _apart(value, values.values()))]
    if {-1.0, 0.0} <= set(values.values()) and min(values.values()) == -1:
        found += [name for name, value in values.items() if value == -1]
    return sorted({*words, *found}) if len(words) + len(found) < len(names) else []


def label_doubts(labels: Iterable[str]) -> list[str]:
    """Return in words what is odd about the names of classes, without `list_doubt`.

    Example:
        >>> label_doubts(["ill", "Ill"])
        ["The classes 'Ill', 'ill' differ in spelling only. Make them one if they are."]
    """
    names = list(map(str, labels))
    found = [
        f"The classes {', '.join(map(_visible, alike))} differ in spelling only. Make them one if they are."
        for alike in look_alikes(names)
    ]
    if codes := missing_codes(names):
        found.append(
            f"The class{'es' * (len(codes) > 1)} {', '.join(map(repr, codes))} may mean that the label is missing. If so, leave "
            f"these examples out (in a table with missing={codes} and drop_na=True)."
        )
    return found


def list_doubt(labels: Iterable[str]) -> str | None:
    """Return in words that some classes seem to list several labels, or None.

    Example:
        >>> list_doubt(["Edema", "Edema|Effusion"])
        "some labels contain '|'. If they list several labels, pass sep='|' (on the command line --data sep='|')."
    """
    names = list(labels)
    if mark := list_marks(names):
        return (
            f"some labels contain {mark!r}. If they list several labels, pass sep={mark!r} (on the command line --data "
            f"sep={mark!r})."
        )
    if any(re.fullmatch(r"\[.*\]|\{.*\}", name.strip(), flags=re.DOTALL) for name in names):
        return "some labels are lists in brackets. If they are several labels, write them as a;b and pass sep=';'."
    return None


def _visible(label: str) -> str:
    """Return a label in quotes, with escapes if it may look the same as another one."""
    composed = unicodedata.normalize("NFC", label)
    return repr(label) if composed == label else ascii(label)


def _apart(value: float, values: Iterable[float]) -> bool:
    """Return whether a number is the highest or lowest, and not next to another one."""
    rest = sorted(set(values) - {value})
    if not rest:
        return False
    return value > rest[-1] + 2 or (value < 0 and value < rest[0] - 2 and rest[0] >= 0)

"""`demographics_of`: the age group and sex of the patient of a note."""

import re

_WORD = re.compile(r"\w+")
_AGE = re.compile(
    r"\b(\d{1,3})[ -]?(?:(?:years?|yrs?|y/?o?|yo)\b[ -]?(?:old)?|(months?|mo|days?|weeks?)[ -]old|(mo)\b(?! ago))"
    r"|\b(\d{1,2}) ?([MF])\b|\b([MF])[ :]{1,2}(\d{1,2})\b"
    r"|\bI(?:'m| am)(?: an?)? (\d{1,2})\b|\bis (\d{1,2})\.|\((\d{1,2})\)|\bAge[^\n\d]{0,8}(\d{1,2}) ?(y|mo|m)?",
)
_WORDS_OF_AGE = {"infant": 1, "toddler": 2, "baby": 1, "newborn": 0, "neonate": 0, "schoolboy": 9, "schoolgirl": 9}
_MAN = re.compile(r"\b(?:man|boy|male|gentleman|mr|husband|son|schoolboy|\d{1,2} ?M|M \d{1,2}|M)\b")
_WOMAN = re.compile(r"\b(?:woman|girl|female|lady|mrs|ms|wife|daughter|schoolgirl|pregnant|\d{1,2} ?F|F \d{1,2}|F)\b")
_GROUPS = ((5, "infant or small child"), (18, "child"), (40, "young adult"), (60, "middle age"), (130, "old age"))


def demographics_of(text: str) -> list[str]:
    """Return the patient's age group and sex as names of findings, as far as the note states them.

    Example:
        >>> demographics_of("38M with fever"), demographics_of("A six-year-old girl"), demographics_of("Fever.")
        (['young adult', 'man'], ['woman'], [])
    """
    found: list[str] = []
    age = _age(text)
    if age is not None:
        found.append(next(name for limit, name in _GROUPS if age < limit))
    head = text[:400]
    man, woman = _MAN.search(head), _WOMAN.search(head)
    if man or woman:
        first_is_man = bool(man) and (not woman or man.start() < woman.start())
        found.append("man" if first_is_man else "woman")
    return found


def _age(text: str) -> float | None:
    match = _AGE.search(text)
    if match is None:
        word = next((word for word in _WORD.findall(text.lower()) if word in _WORDS_OF_AGE), None)
        return None if word is None else _WORDS_OF_AGE[word]
    if match[2] or match[3] or match[12] in ("mo", "m"):
        return 1
    value = next(
        int(group) for group in (match[1], match[4], match[7], match[8], match[9], match[10], match[11]) if group
    )
    return value if value < 120 else None

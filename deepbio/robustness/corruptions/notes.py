"""`NOTE_CORRUPTIONS`: what happens to notes: errors of OCR, dictation, typing and truncation."""

from __future__ import annotations

import re

import numpy as np

from deepbio.robustness.corruptions.corruption import Corruption, named

_LOOK_ALIKE = {
    "l": "1", "1": "l", "i": "l", "o": "0", "0": "o", "e": "c", "c": "e", "s": "5", "5": "s", "b": "6", "g": "9", "h": "b",
    "m": "rn", "n": "ri", "w": "vv", "d": "cl", "u": "ii", "a": "o", "t": "f", "f": "t", "B": "8", "S": "5", "I": "l", "O": "0",
}  # fmt: skip
_NEAR = {
    key: (row[k - 1] if k else "") + (row[k + 1] if k + 1 < len(row) else "")
    for row in ("qwertyuiop", "asdfghjkl", "zxcvbnm", "1234567890")
    for k, key in enumerate(row)
}
_HEARD = {
    "ileum": "ilium", "ilium": "ileum", "perineal": "peroneal", "peroneal": "perineal", "dysphagia": "dysphasia",
    "dysphasia": "dysphagia", "hypotension": "hypertension", "hypertension": "hypotension", "hypoglycemia": "hyperglycemia",
    "hyperglycemia": "hypoglycemia", "mucus": "mucous", "pleural": "plural", "cecal": "fecal", "there": "their", "to": "too",
    "two": "to", "are": "our", "right": "write", "week": "weak", "weak": "week", "seen": "scene", "patients": "patience",
    "effect": "affect", "weight": "wait", "know": "no", "no": "know", "site": "sight", "heel": "heal", "mail": "male",
    "aural": "oral", "oral": "aural", "elicit": "illicit", "breath": "breadth", "abduction": "adduction", "due": "do",
}  # fmt: skip
_DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_WORD = re.compile(r"[A-Za-z]+|\d|[^\sA-Za-z\d]|\s+")


def ocr(note: str, rate: float, random: np.random.Generator) -> str:
    """Read letters as those that look alike, at a rate."""
    hit = random.random(len(note)) < rate
    return "".join(_LOOK_ALIKE.get(letter, letter) if one else letter for letter, one in zip(note, hit, strict=True))


def typos(note: str, rate: float, random: np.random.Generator) -> str:
    """Leave out, double, swap or miss keys, at a rate."""
    out, k = [], 0
    kinds = random.integers(0, 4, len(note))
    hit = random.random(len(note)) < rate
    while k < len(note):
        letter = note[k]
        if not hit[k] or not letter.isalnum():
            out.append(letter)
        elif kinds[k] == 1:
            out += [letter, letter]
        elif kinds[k] == 2 and k + 1 < len(note):
            out += [note[k + 1], letter]
            k += 1
        elif kinds[k] == 3 and letter.lower() in _NEAR:
            out.append(str(random.choice(list(_NEAR[letter.lower()]))))
        k += 1
    return "".join(out)


def dictation(note: str, rate: float, random: np.random.Generator) -> str:
    """Mishear: punctuation and capitals are lost, words become others that sound alike, digits become words, at a rate."""
    out = []
    for part in _WORD.findall(note):
        if random.random() >= rate:
            out.append(part)
        elif part.isdigit():
            out.append(f" {_DIGITS[int(part)]} " if part.isascii() else part)
        elif part.isalpha():
            out.append(_HEARD.get(part.lower(), part.lower()))
        elif part.isspace():
            out.append(part)
    return "".join(out)


def truncation(note: str, kept: float, random: np.random.Generator) -> str:
    """Keep a fraction of the words, from the first one on."""
    words = re.findall(r"\S+\s*", note)
    return "".join(words[: max(1, round(kept * len(words)))]).rstrip() if words else note


NOTE_CORRUPTIONS = named(
    Corruption("ocr", "letters", ocr, (0.01, 0.03, 0.06, 0.1, 0.2)),
    Corruption("typos", "letters", typos, (0.01, 0.03, 0.06, 0.1, 0.2)),
    Corruption("dictation", "words", dictation, (0.1, 0.25, 0.5, 0.75, 1.0)),
    Corruption("truncation", "words", truncation, (0.9, 0.75, 0.5, 0.25, 0.1)),
)

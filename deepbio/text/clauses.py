"""The layout of a note: words and signs with their places, sentences, sections, and lines that are only wrapped."""

import itertools
import re
from collections.abc import Sequence
from typing import NamedTuple

from deepbio.text.context_rules import section_states

SIGNS = {
    "-": "(-)",
    "+": "(+)",
    "neg": "(-)",
    "pos": "(+)",
    "–": "(-)",
    "−": "(-)",
    " ": "(-)",
    "": "(-)",
    "x": "(+)",
    "✓": "(+)",
}
_TOKEN = re.compile(
    r"\((?P<round>[-+–−]|neg|pos)\)|\[(?P<box>[-+xX ✓]?)\]"  # Fever (-), [x] cough
    r"|(?P<attached>(?<![\w.)/-])[-+](?=[A-Za-z]))|(?P<ve>(?<!\w)[-+]ve\b)"  # -fever +cough
    r"|(?P<unsure>(?<!\w)\?(?=\w))"
    r"|(?P<short>\b(?:[chr]/o|w/(?:o|out)|s/p)(?!\w))"
    r"|(?P<word>\w+(?:['’]\w+)?)"
    r"|(?P<mark>[.!?;:,=\n()]|(?<=\s)[-–](?=\s))",
    re.IGNORECASE,
)
_BULLET = re.compile(r"\s*(?:[-*•#>·]|\(?\d{1,2}[.)](?!\d)|\[.?\])\s*")
_HEADING = re.compile(r"\s*[A-Za-z][\w /&'-]{0,40}:|[^a-z\n]{3,60}$")
# "Neck stiffness: no", which the next line does not go on
_ANSWERED = re.compile(r":[ \t]*(?:no|none|nil|neg|negative|absent|yes|pos|positive|present)[ \t]*$", re.IGNORECASE)
_GLUE = frozenset(
    [
        "a",
        "an",
        "the",
        "of",
        "and",
        "or",
        "with",
        "no",
        "not",
        "without",
        "in",
        "to",
        "for",
        "her",
        "his",
        "their",
        "from",
        "on",
        "at",
        "as",
        "is",
        "was",
        "has",
        "had",
        "by",
        "any",
    ]
)
MIN_WRAP = 36  # width from which lines of equal length are taken for one wrapped paragraph


class Token(NamedTuple):
    """A word, sign or mark of a note: in lower case, with its place; `kind` is "word", "sign" or "mark"."""

    text: str
    start: int
    end: int
    kind: str


class Sentence(NamedTuple):
    """Tokens of one sentence or list item, the state of its section, whether it is a bullet, and the mark that ended it."""

    tokens: list[Token]
    section: str
    bullet: bool
    ended_by: str


def tokens_of(text: str) -> list[Token]:
    """Return the words, signs and marks of a note in their order; a line end that only wraps a sentence is left out."""
    hard, found = hard_breaks(text), []
    for match in _TOKEN.finditer(text):
        kind, raw, start, end = match.lastgroup or "", match[0].lower().replace("’", "'"), match.start(), match.end()
        if kind in ("round", "box"):
            found.append(Token(SIGNS[match[kind].lower()], start, end, "sign"))
        elif kind == "attached":
            found.append(Token("(-)" if raw == "-" else "(+)", start, end, "attached"))
        elif kind == "ve":
            found.append(Token(raw, start, end, "word"))
        elif kind == "unsure":
            found.append(Token("?", start, end, "word"))
        elif kind in ("word", "short"):
            found.append(Token(raw, start, end, "word"))
        elif (raw != "\n" or start in hard) and not (raw in ".:," and _inside_number(text, start, end)):
            found.append(Token(raw, start, end, "mark"))
    return _signs_in_company(found)


def sentences_of(text: str) -> list[Sentence]:
    """Divide a note into sentences: at `.`, `!`, `?`, `;`, at bullets and at line ends that are not wrapped."""
    found: list[Sentence] = []
    current: list[Token] = []
    section, inline, blank, bullet = "", False, True, False
    states = section_states()
    for token in [*tokens_of(text), Token("\n", len(text), len(text), "mark")]:
        if token.kind != "mark" or token.text not in ".!?;\n":
            if not current and token.kind == "mark" and token.text in "-–":
                continue  # a bullet
            if not current:
                line = text.rfind("\n", 0, token.start) + 1
                bullet = bool(_BULLET.fullmatch(text[line : token.start])) and bool(text[line : token.start].strip())
            current.append(token)
            if token.text == ":" and 1 <= len(current) - 1 <= 4:
                title = " ".join(t.text for t in current[:-1])
                section, inline = states.get(title, ""), True
            continue
        if current:
            title = " ".join(t.text for t in current if t.text != ":")
            if token.text == "\n" and title in states:
                section, inline = states[title], False
            elif (
                token.text == "\n"
                and _HEADING.fullmatch(text[current[0].start : current[-1].end])
                and len(current) <= 6
            ):
                section = states.get(title, "")
            found.append(Sentence(current, section, bullet, token.text))
            current, blank = [], False
        if token.text == "\n":
            if blank and inline:
                section = ""
            blank = True
    return found


def hard_breaks(text: str) -> frozenset[int]:
    """Return the places of the line ends that divide: before bullets, headings and new sentences, not where a sentence is wrapped.

    Example:
        >>> len(hard_breaks("Denies chest pain, shortness of\\nbreath.")), len(hard_breaks("No fever\\n- cough"))
        (0, 1)
    """
    found: set[int] = set()
    start = 0
    for block in re.split(r"(\n[ \t]*\n+)", text):
        if block.strip():
            found |= {start + place for place in _hard_in_block(block)}
        else:
            found |= {start + i for i, character in enumerate(block) if character == "\n"}
        start += len(block)
    return frozenset(found)


def unwrap(text: str) -> str:
    """Return a text with a space for each line end that only wraps a sentence.

    Example:
        >>> unwrap("Denies chest pain, shortness of\\nbreath.\\n- cough")
        'Denies chest pain, shortness of breath.\\n- cough'
    """
    hard = hard_breaks(text)
    return re.sub(r"[ \t]*\n[ \t]*", lambda match: match[0] if _breaks(match, hard) else " ", text)


def _breaks(match: re.Match[str], hard: frozenset[int]) -> bool:
    return match.start() + match[0].index("\n") in hard


def _is_wrapped(lines: Sequence[str]) -> bool:
    """Return whether lines are one text that was wrapped at a width: no line had room for the next line's first word."""
    width = max(len(line.rstrip()) for line in lines)
    if width < MIN_WRAP or sum(map(_is_bullet, lines)) > 1:
        return False
    pairs = list(itertools.pairwise(lines))
    full = all(len(a.rstrip()) + 1 + len((b.split() or [""])[0]) > width for a, b in pairs)
    # of two lines the longer one is always "full", so a heading or bullet is believed there
    return full and (len(lines) > 2 or not any(_BULLET.match(b) or _HEADING.match(b) for _, b in pairs))


def _hard_in_block(block: str) -> list[int]:
    lines = block.split("\n")
    wrapped = _is_wrapped(lines)
    places, place, capital, bullet = [], -1, False, False
    for number, line in enumerate(lines):
        if number == 0 or (places and places[-1] == place):
            capital = line.lstrip("-*•# \t0123456789.)")[:1].isupper()
            bullet = _is_bullet(line)
        place += len(line) + 1
        if number + 1 == len(lines):
            break
        after = lines[number + 1]
        words = re.findall(r"\w+", line.lower())
        open_ = line.rstrip().endswith(",") or (bool(words) and words[-1] in _GLUE and line.rstrip()[-1:].isalnum())
        starts_small = after.lstrip()[:1].islower()
        soft = (
            (wrapped or not _is_bullet(after))
            and (not re.match(r"\s*[A-Za-z][\w /&'-]{0,40}:", after) or wrapped)
            and line.strip() != ""
            and (
                wrapped
                or (open_ and not re.match(r"[^a-z\n]{3,60}$", line))
                or ((capital or bullet) and starts_small and line.rstrip()[-1:] not in ".:;!?")
            )
            and (wrapped or not _ANSWERED.search(line))
        )
        if not soft:
            places.append(place)
    return places


def _is_bullet(line: str) -> bool:
    match = _BULLET.match(line)
    return bool(match) and bool(match[0].strip())


def _signs_in_company(tokens: Sequence[Token]) -> list[Token]:
    """Keep an attached sign ("-fever") only where its line has two or more; alone it is a bullet or a hyphen."""
    kept: list[Token] = []
    line: list[Token] = []
    for token in [*tokens, Token("\n", -1, -1, "mark")]:
        line.append(token)
        if token.text == "\n":
            attached = sum(t.kind == "attached" for t in line)
            kept += [
                t._replace(kind="sign") if t.kind == "attached" else t
                for t in line
                if t.kind != "attached" or attached > 1
            ]
            line = []
    return kept[:-1]


def _inside_number(text: str, start: int, end: int) -> bool:
    """Return whether a mark is between two digits, where it ends nothing."""
    return start > 0 and end < len(text) and text[start - 1].isdigit() and text[end].isdigit()


def new_clause(words: Sequence[str], i: int) -> bool:
    """Return whether a clause with a subject of its own begins at `i`: "fever persists", "he coughs", "a cough for 3 days"."""
    clause = list(words[i : i + 8])
    if "," in clause:
        clause = clause[: clause.index(",")]
    return any(
        a == "for" and (b in ("a", "several", "many", "two", "three") or b.isdigit())
        for a, b in itertools.pairwise(clause)
    ) or (bool(clause) and clause[0] in ("severe", "worsening", "new", "increasing", "persistent"))


def new_subject(words: Sequence[str], i: int) -> bool:
    """Return whether "the jaundice is" or "his joints are" begins at `i`."""
    clause = words[i : i + 5]
    return (
        len(clause) > 2
        and clause[0] in ("the", "his", "her", "their", "there")
        and bool({"is", "are", "was", "were", "has"} & set(clause[1:]))
    )


def new_noun(words: Sequence[str], opened: int, i: int) -> bool:
    """Return whether "and a rash" at `i` is outside the scope of a "no" or "without" that ends before `opened`.

    "No" is the article of its list, so what follows it with an article of its own is not in the list ("no fever and a rash"). After
    "without" it is, if the list has such articles ("without a fever and a rash"). A verb such as "denies" takes both.
    """
    negation = words[opened - 1] if opened > 0 else ""
    return (
        negation in ("no", "without", "w/o", "w/out")
        and words[i + 1 : i + 2] in (["a"], ["an"])
        and not {"a", "an"} & set(words[opened:i])
    )

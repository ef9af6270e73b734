"""Phrases of `deepbio.text.context`: which words say that what follows or precedes them is negated, past, possible or another's.

The properties are those of ConText (Harkema et al. 2009, doi:10.1016/j.jbi.2009.05.002); the phrases, in `context_rules.tsv`, are
written by hand. `c/o` and its like are there both as they are written and as `normalise` writes them out. `:` means a colon.

| rule | its phrases |
|---|---|
| `list` | before what they negate; the scope goes on over a list |
| `short`, `one` | before what they negate, up to the next comma; one word |
| `after` | after what they negate |
| `pseudo`, `present` | what looks like a negation, like the past, and is none |
| `end` | where the scope of a negation ends |
| `historical`, `hypothetical`, `uncertain`, `family` | before what is past, did not occur, is not sure, is a relative's |
| `historical_after`, `uncertain_after` | after what is past, is not sure |
"""

import functools
from pathlib import Path

from deepbio.text.phrase_tables import read_phrases

Rules = dict[str, list[tuple[tuple[str, ...], str]]]

_TABLE = {name: phrases.split("|") for name, phrases in read_phrases(Path(__file__).with_suffix(".tsv")).items()}
_ORDER = (  # of equal phrases the first rule wins
    *(
        "pseudo",
        "present",
        "uncertain",
        "list",
        "short",
        "one",
        "after",
        "uncertain_after",
        "hypothetical",
        "historical",
    ),
    *("historical_after", "family", "end"),
)

NOT, VALUES, TRUE_VALUES, PLAIN = (frozenset(_TABLE[name]) for name in ("NOT", "VALUES", "TRUE_VALUES", "PLAIN"))
RELATIVES, SPOUSES_AND_CHILDREN, INFORMS, BY = (
    frozenset(_TABLE[name]) for name in ("RELATIVES", "SPOUSES_AND_CHILDREN", "INFORMS", "BY")
)


@functools.cache
def rules() -> Rules:
    """Return the phrases of each first word with their rule, the longest first.

    "Not" and its like negate the rest of a clause, a list after a verb such as "report" (not reporting fever), and what is before
    a participle such as "seen" (not seen, not been seen).
    """
    found: Rules = {}
    for rule in _ORDER:
        for phrase in _TABLE[rule]:
            words = tuple(phrase.split())
            found.setdefault(words[0], []).append((words, rule))
    for negation in sorted(NOT):
        phrases = found.setdefault(negation, [])
        phrases += [
            ((negation, *middle, verb), "after") for verb in _TABLE["PASSIVE"] for middle in ((), ("be",), ("been",))
        ]
        for verb in _TABLE["HAVING"]:
            phrases += [
                ((negation, *words), "list") for words in ((verb,), (verb, "of"), (verb, "any"), ("been", verb))
            ]
        phrases.append(((negation,), "short"))
    return {first: sorted(phrases, key=lambda p: -len(p[0])) for first, phrases in found.items()}


@functools.cache
def section_states() -> dict[str, str]:
    """Return the state of each known section by its title in lower case."""
    return {title: state for state in ("family", "historical", "hypothetical") for title in _TABLE[f"section {state}"]}

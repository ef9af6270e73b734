"""What a note says about each word: affirmed, negated, past, hypothetical, uncertain, or about a relative.

One reading serves the models (`mark_negated`, `mark_context`) and the findings that `deepbio.diagnose` shows. The properties are
those of ConText (Harkema et al. 2009, doi:10.1016/j.jbi.2009.05.002; Chapman et al. 2011); the scope ends with the clause, not
after a number of words, because lists of negated complaints are long.
"""

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple, cast

from deepbio.text.clauses import Sentence, Token, new_clause, new_noun, new_subject, sentences_of
from deepbio.text.context_rules import BY, INFORMS, PLAIN, RELATIVES, SPOUSES_AND_CHILDREN, TRUE_VALUES, VALUES, rules

MARK = "¬"
OTHER = "xxother"  # in place of words about a relative or a case that did not occur

State = Literal["affirmed", "negated", "historical", "hypothetical", "family", "uncertain"]
_STRENGTH = {"affirmed": 0, "uncertain": 1, "historical": 2, "negated": 3, "hypothetical": 4, "family": 5}
_WORDS_AND_STOPS = frozenset(".!?;:\n")


class Word(NamedTuple):
    """A word of a note: its text in lower case, where it is (`text[start:end]`), and its state."""

    text: str
    start: int
    end: int
    state: State

    @property
    def negated(self) -> bool:
        """Whether the note negates the word for the patient."""
        return self.state == "negated"


def words_of(text: str) -> list[Word]:
    """Return the words of a note in their order, and the state of each.

    Triggers and punctuation are words, too; they are affirmed. Of two states the stronger is given: a relative's findings are
    the relative's, negated or not.

    Example:
        >>> [word.text for word in words_of("No fever or cough, but a rash. Chills are absent.") if word.negated]
        ['fever', 'cough', 'chills']
        >>> [word.text for word in words_of("Cough. FH: sister with lupus.") if word.state == "family"]
        ['fh', ':', 'sister', 'with', 'lupus']
    """
    found: list[Word] = []
    sentences = sentences_of(text)
    carried: State | None = None  # of a line such as "Denies:" for the bullets below it
    for number, sentence in enumerate(sentences):
        after = sentences[number + 1] if number + 1 < len(sentences) else None
        states, carried = _read(sentence, carried if sentence.bullet else None, number)
        if sentence.ended_by == "?":
            _answer(sentence.tokens, states, after)
        section = cast(State, sentence.section or "affirmed")
        read: list[State] = [section if _STRENGTH[section] > _STRENGTH[state] else state for state in states]
        found += [
            Word(token.text, token.start, token.end, state)
            for token, state in zip(sentence.tokens, read, strict=True)
            if token.kind == "word" or token.text in _WORDS_AND_STOPS
        ]
        if sentence.ended_by and sentence.tokens:
            end = sentence.tokens[-1].end
            place = text.find(sentence.ended_by, end)
            if place >= 0:
                found.append(Word(sentence.ended_by, place, place + 1, "affirmed"))
    return found


def mark_negated(text: str) -> str:
    """Put a mark before each negated word, so that "fever" and "no fever" become different words.

    Example:
        >>> mark_negated("She denies fever or chills, but has a rash.")
        'She denies ¬fever or ¬chills, but has a rash.'
    """
    return _marked(text, ())


def mark_context(text: str) -> str:
    """Mark negated words, and replace words about relatives and about cases that did not occur by `xxother`.

    Past and uncertain findings stay as they are: a model reads them as the patient's.

    Example:
        >>> mark_context("Fever, no cough. Mother had a rash. Return if vomiting.")
        'Fever, no ¬cough. xxother. Return if xxother.'
    """
    return _marked(text, ("family", "hypothetical"))


def _marked(text: str, others: Sequence[State]) -> str:
    pieces, last, open_ = [], 0, False
    for word in words_of(text):
        if word.state in others:
            pieces.append("" if open_ else text[last : word.start] + OTHER)
            last, open_ = word.end, True
            continue
        if word.text in _WORDS_AND_STOPS or word.start >= last:
            open_ = False
        if word.negated and word.text not in PLAIN:
            pieces += [text[last : word.start], MARK]
            last = word.start
    return "".join([*pieces, text[last:]])


def _read(sentence: Sentence, carried: State | None, number: int) -> tuple[list[State], State | None]:
    """Return the state of each token of a sentence, and the state that its last line hands to the bullets below."""
    tokens = sentence.tokens
    words = [token.text for token in tokens]
    states: list[State] = ["affirmed"] * len(tokens)
    _signs(tokens, states)
    _relatives(words, states, number)
    open_: dict[Any, bool] = {carried: True} if carried else {}  # state in scope: whether it goes on over commas
    start, item, i, opened = 0, 0, 0, -1
    while i < len(words):
        rule, length = _rule(words, i)
        value = _is_value(tokens, i, item)
        if value is not None:
            if value:
                _set(states, words, item, i, "negated")
            open_, item, start = {}, i + 1, i + 1
            length = 1
        elif words[i] == ",":
            open_ = {state: over for state, over in open_.items() if over and not new_clause(words, i + 1)}
            item = i + 1
        elif tokens[i].kind == "sign":
            open_, item = {}, i + 1
        elif rule in ("list", "short"):
            open_["negated"], opened = rule == "list", i + length
            if words[i + length - 1] == ":" or i + length == len(words):
                carried = "negated"
        elif rule == "one":
            _set(states, words, i + 1, min(i + 2, len(words)), "negated")
            length = 2
        elif rule in ("hypothetical", "historical", "uncertain", "family"):
            open_[rule], opened = rule == "hypothetical" or rule == "family", i + length
        elif rule in ("after", "historical_after", "uncertain_after"):
            state: Any = {"after": "negated", "historical_after": "historical"}.get(rule, "uncertain")
            _set(states, words, start if rule == "after" else item, i, state)
            open_, start, item = {}, i + length, i + length
        elif rule == "end" and i != opened and (i > 0 or length > 1):
            family = {
                k: v
                for k, v in open_.items()
                if k in ("hypothetical",) and words[i] not in ("but", "however", "he", "she")
            }
            open_, start, item = family, i + length, i + length
        elif rule == "end" or rule == "pseudo" or rule == "present":
            pass
        elif words[i] == "and" and (new_subject(words, i + 1) or new_noun(words, opened, i)):
            open_, start = {}, i + 1
        elif words[i] not in (":", "(", ")", "=", "-", "–"):
            for state in open_:
                _set(states, words, i, i + 1, state)
        i += length
    ends_open = bool(words) and words[-1] == ":" and open_.get("negated", False)
    return states, "negated" if ends_open or (sentence.bullet and "negated" in open_ and carried == "negated") else None


def _rule(words: Sequence[str], i: int) -> tuple[str, int]:
    for phrase, rule in rules().get(words[i], ()):
        if tuple(words[i : i + len(phrase)]) == phrase:
            return rule, len(phrase)
    return "", 1


def _set(states: list[State], words: Sequence[str], first: int, last: int, state: State) -> None:
    for j in range(first, last):
        if _STRENGTH[state] > _STRENGTH[states[j]] and not (state == "negated" and words[j] in PLAIN):
            states[j] = state


def _is_value(tokens: Sequence[Token], i: int, item: int) -> bool | None:
    """Return whether token `i` answers the words before it: `True` for "no", `False` for "yes", `None` if it is no answer."""
    word = tokens[i].text
    if tokens[i].kind != "word" or word not in VALUES | TRUE_VALUES or i == item or tokens[item].kind != "word":
        return None
    following = tokens[i + 1].text if i + 1 < len(tokens) else ""
    asked = tokens[i - 1].text in (":", "=", "-", "–", "(", "?")
    ends = following in ("", ",", ")") or (i + 2 < len(tokens) and tokens[i + 2].text in (":", "="))
    if word in ("n", "y") and not (asked or ends):
        return None
    if not ends or (
        not asked and tokens[i - 1].kind == "word" and word in ("never", "no", "denied", "denies", "n") and i - item > 3
    ):
        return None
    if (
        not asked
        and word in TRUE_VALUES | {"present", "absent"}
        and tokens[i - 1].text in ("is", "are", "was", "were", "not")
    ):
        return None
    return word in VALUES


def _signs(tokens: Sequence[Token], states: list[State]) -> None:
    """Apply "(-)": before its words if the first sign begins the sentence, otherwise after them."""
    places = [i for i, token in enumerate(tokens) if token.kind == "sign"]
    if not places:
        return
    words = [token.text for token in tokens]
    before = places[0] == 0
    for k, i in enumerate(places):
        if words[i] != "(-)":
            continue
        if before:
            first, last = i + 1, places[k + 1] if k + 1 < len(places) else len(tokens)
        else:
            first, last = places[k - 1] + 1 if k else 0, i
        if "," in words[first:last]:
            cut = (
                words[first:last].index(",")
                if before
                else len(words[first:last]) - 1 - words[first:last][::-1].index(",")
            )
            trailing = not before and cut == last - first - 1
            first, last = (first, first + cut) if before else (first if trailing else first + cut + 1, last)
        _set(states, words, first, last, "negated")


def _relatives(words: Sequence[str], states: list[State], number: int) -> None:
    """Mark statements about a relative: from the relative to the end of the clause, or before "in his brother"."""
    i = 0
    while i < len(words):
        if words[i] not in RELATIVES or not _is_family(words, i, number):
            i += 1
            continue
        first, last = i, i + 1
        while last < len(words) and not _patient_again(words, last):
            last += 1
        before = i - 1
        if before >= 0 and words[before] in ("his", "her", "a", "the", "my", "their", "one"):
            before -= 1
        if before >= 0 and words[before] in ("in", "of"):
            first = max([j + 1 for j in range(before) if words[j] in (":", ",")], default=0)
        for j in range(first, last):
            states[j] = "family"
        i = last


def _is_family(words: Sequence[str], i: int, number: int) -> bool:
    owner = words[i - 1] if i else ""
    # "My son is 9", and "my mother" in the first sentence, are the patient
    if owner == "my" and (words[i] in SPOUSES_AND_CHILDREN or number == 0):
        return False
    if (i + 1 < len(words) and words[i + 1] in INFORMS) or (
        words[i] == "family" and owner not in ("whole", "his", "her")
    ):
        return False
    near = set(words[max(0, i - 2) : i])
    if words[i] == "family" and i + 1 < len(words) and words[i + 1] in ("doctor", "physician", "meeting"):
        return False
    return not (near & BY)


def _patient_again(words: Sequence[str], i: int) -> bool:
    return words[i] in ("but", "however", "whereas", "patient", "pt") or (
        words[i] in ("he", "she", "i") and words[i - 1] in (",", "and", "that")
    )


def _answer(tokens: Sequence[Token], states: list[State], after: Sentence | None) -> None:
    """Apply "No" after a question to its words; other questions are uncertain."""
    words = [token.text for token in tokens]
    reply = [token.text for token in after.tokens] if after else []
    first = max([j + 1 for j, word in enumerate(words) if word in (",", ":")], default=0)
    if len(reply) == 1 and reply[0] in VALUES:
        _set(states, words, first, len(words), "negated")
    elif not (len(reply) == 1 and reply[0] in TRUE_VALUES):
        _set(states, words, first, len(words), "uncertain")

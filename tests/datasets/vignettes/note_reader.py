"""A reader of notes that knows only the phrases: longest match, with negation up to the end of the sentence."""

import re

from deepbio.datasets.vignettes.phrases import words

_NEGATION = {"no", "not", "denies", "without", "negative"}
_NUMBER = (
    r"(?:(?:twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)(?: \w+)?|one|two|three|four|five|six|seven|eight|nine|"
    r"ten|eleven|twelve|\w+teen|\d+)"
)
_PATIENT = re.compile(rf"^an? {_NUMBER} year old (?:boy|girl|man|woman) ")
_DURATION = re.compile(rf" for {_NUMBER} (?:days|weeks|months)\b")
# what the sentences are built from; anything else in a note would be information that the findings do not contain
_GLUE_WORDS = """
    a an and any also because but comes complains denies findings for had has he history in is negative no not of
    or other presents reports seen she sign tells the there with without
"""
_GLUE = set(_GLUE_WORDS.split())


def lexicon(phrases):
    """Map the words of each phrase to its finding."""
    return {words(p): j for j, known in enumerate(phrases) for p in (*known.affirmed, *known.negated)}


def read_note(text, known):
    """Return `({finding: 1 or -1}, words that are neither phrase nor glue)`."""
    longest = max(map(len, known))
    found, other = {}, []
    for number, sentence in enumerate(re.split(r"\.(?= [A-Z]|$)", text)):
        tokens = " ".join(re.findall(r"\w+", sentence.lower())) + " "
        if number == 0:
            tokens = _PATIENT.sub("", tokens)
        tokens = _DURATION.sub(" ", tokens).split()
        state, i = 1, 0
        while i < len(tokens):
            size = next((n for n in range(longest, 0, -1) if tuple(tokens[i : i + n]) in known), 0)
            if size:
                found[known[tuple(tokens[i : i + size])]] = state
            elif tokens[i] in _NEGATION:
                state = -1
            elif tokens[i] not in _GLUE:
                other.append(tokens[i])
            i += max(size, 1)
    return found, other

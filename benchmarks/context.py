"""What sentences of notes say about a word: deepbio beside NegEx, negspacy and medspaCy.

    python benchmarks/context.py [--peers PYTHON] [--given negation.json] [--out benchmarks/results/context.md]

`--peers` is the interpreter of an environment with `medspacy` and `negspacy`, each used as it comes, with the words as its targets.
Own sentences are those of tests/data/notes, written before the rules of `deepbio.text.context` by the author of the rules. Given
sentences (`--given`) were written by others as a list of failures of its first version: `text`, `word`, and whether it is `denied`.
NegEx is the text preparation of the first version of the tokenizers.
"""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
from _table import ROOT, script, span, table, write_page

from deepbio.metrics import accuracy, bootstrap
from deepbio.text import words_of
from deepbio.text.negation import words_of as negex

OWN = ROOT / "tests/data/notes/context_sentences.json"
PEERS = {
    "negspacy": """
import spacy, negspacy.negation
nlp = spacy.blank("en")
nlp.add_pipe("sentencizer")
rules = nlp.add_pipe("entity_ruler")
rules.add_patterns([{"label": "FINDING", "pattern": [{"LOWER": word}]} for word in words])
nlp.add_pipe("negex", config={"ent_types": ["FINDING"]})
def state(entity): return "negated" if entity._.negex else "affirmed"
from importlib.metadata import version
name = "negspacy " + version("negspacy")
""",
    "medspaCy": """
import medspacy
from medspacy.ner import TargetRule
nlp = medspacy.load()
nlp.get_pipe("medspacy_target_matcher").add([TargetRule(word, "FINDING") for word in words])
STATES = ("family", "hypothetical", "negated", "historical", "uncertain")
def state(entity): return next((s for s in STATES if getattr(entity._, "is_" + s)), "affirmed")
from importlib.metadata import version
name = "medspaCy " + version("medspacy")
""",
}
FRAME = """
import json, sys
sentences = json.load(sys.stdin)
words = sorted({word for _, word in sentences})
SETUP
found = []
for text, word in sentences:
    entities = [entity for entity in nlp(text).ents if entity.text.lower() == word]
    found.append(state(entities[-1]) if entities else None)
print(json.dumps([name, found]))
"""


def peer_states(python: str, setup: str, sentences: list[tuple[str, str]]) -> tuple[str, list[str | None]]:
    """Return a peer's name with its version, and the state of each sentence's word; `None` where it finds no such word."""
    program = FRAME.replace("SETUP", setup)
    done = subprocess.run(
        [python, "-c", program], input=json.dumps(sentences), capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(done.stderr[-2000:])
    name, found = json.loads(done.stdout.splitlines()[-1])
    return name, found


def own_states(reader, sentences: list[tuple[str, str]]) -> list[str | None]:
    """Return the state of each sentence's word; NegEx knows negated and affirmed only."""
    found: list[str | None] = []
    for text, word in sentences:
        words = [one for one in reader(text) if one.text == word]
        last = words[-1] if words else None
        found.append(None if last is None else getattr(last, "state", "negated" if last.negated else "affirmed"))
    return found


def fraction(right) -> str:
    right = np.asarray(right, bool)
    found = bootstrap(accuracy, right.astype(int), np.ones(len(right)), bounds=(0, 1))
    return f"{right.sum()} of {len(right)}, {span(found.value, found.low, found.high)}"


def compared(sentences: list[dict], python: str) -> list[str]:
    """Return a table of the readers: negated or not, and all six states where the sentences state them."""
    asked = [(s["text"], s["word"]) for s in sentences]
    readers = [
        ("deepbio.text.words_of", own_states(words_of, asked)),
        ("NegEx (version 1)", own_states(negex, asked)),
    ]
    if python:
        readers += [peer_states(python, setup, asked) for setup in PEERS.values()]
    true = [s.get("state", "negated" if s.get("denied") else "affirmed") for s in sentences]
    rows = []
    for name, states in readers:
        negated = [(a == "negated") == (b == "negated") for a, b in zip(states, true, strict=True)]
        six = (
            "no such states"
            if name.startswith(("NegEx", "negspacy"))
            else fraction([a == b for a, b in zip(states, true, strict=True)])
        )
        rows.append([name, fraction(negated), *([six] if "state" in sentences[0] else [])])
    header = ["reader", "negated or not", *(["all six states"] if "state" in sentences[0] else [])]
    return table(header, rows)


@script(__doc__, peers="", given="")
def main(arguments):
    sentences = json.loads(OWN.read_text(encoding="utf-8"))["sentences"]
    parts = [f"{len(sentences)} own sentences:", compared(sentences, arguments.peers)]
    if arguments.given:
        given = json.loads(Path(arguments.given).read_text(encoding="utf-8"))
        decided = [s for s in given if s["denied"] is not None]
        parts += [f"{len(decided)} given sentences that are decided, of {len(given)}:"]
        parts += [compared(decided, arguments.peers)]
    write_page(arguments, "Context of findings", "", *parts)

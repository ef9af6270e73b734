"""ConText's properties as medspaCy and negspacy read them, on the sentences that deepbio's rules were written after.

Set PEERS_PYTHON to an interpreter with `medspacy` and `negspacy`; by default this one's.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from deepbio.text import words_of

pytestmark = pytest.mark.peers
SENTENCES = json.loads(
    (Path(__file__).parents[1] / "data" / "notes" / "context_sentences.json").read_text(encoding="utf-8")
)["sentences"]
FRAME = """
import json, sys
sentences = json.load(sys.stdin)
words = sorted({word for _, word in sentences})
SETUP
found = []
for text, word in sentences:
    entities = [entity for entity in nlp(text).ents if entity.text.lower() == word]
    found.append(bool(entities) and negated(entities[-1]))
print(json.dumps(found))
"""
SETUPS = {
    "medspacy": """
import medspacy
from medspacy.ner import TargetRule
nlp = medspacy.load()
nlp.get_pipe("medspacy_target_matcher").add([TargetRule(word, "FINDING") for word in words])
def negated(entity): return entity._.is_negated
""",
    "negspacy": """
import spacy, negspacy.negation
nlp = spacy.blank("en")
nlp.add_pipe("sentencizer")
nlp.add_pipe("entity_ruler").add_patterns([{"label": "FINDING", "pattern": [{"LOWER": word}]} for word in words])
nlp.add_pipe("negex", config={"ent_types": ["FINDING"]})
def negated(entity): return entity._.negex
""",
}


def right(found):
    return sum(a == (s["state"] == "negated") for a, s in zip(found, SENTENCES, strict=True))


# medspaCy 1.3.1 reads 97 of the 153 right, negspacy 1.0.4 87
@pytest.mark.parametrize(("package", "least"), [("medspacy", 80), ("negspacy", 70)])
def test_more_sentences_are_read_right_than_by(package, least):
    done = subprocess.run(
        [os.environ.get("PEERS_PYTHON", sys.executable), "-c", FRAME.replace("SETUP", SETUPS[package])],
        input=json.dumps([(s["text"], s["word"]) for s in SENTENCES]),
        capture_output=True,
        text=True,
        check=False,
    )
    if "No module named" in done.stderr:
        pytest.skip(f"{package} is not installed; set PEERS_PYTHON")
    assert done.returncode == 0, done.stderr[-2000:]
    theirs = right(json.loads(done.stdout.splitlines()[-1]))
    states = [[w.state for w in words_of(s["text"]) if w.text == s["word"]] for s in SENTENCES]
    assert least <= theirs < right([bool(found) and found[-1] == "negated" for found in states])

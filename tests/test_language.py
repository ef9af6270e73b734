"""The words of the field: private words that were once used here do not come back, and docstrings open with a verb of command.

Run it as a program to list what it finds: `python tests/test_language.py [PATH ...]`.
"""

import ast
import fnmatch
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
TEXT = {".py", ".md", ".yaml", ".css", ".html", ".j2"}
SCANNED = ("deepbio", "docs", "zoo", "datasets", "benchmarks/suites", "README.md", "CONTRIBUTING.md", "CHANGELOG.md")

LEADERBOARDS = ("deepbio/benchmark/*", "deepbio/report/*", "docs/leaderboards.md")
TTA = ("deepbio/augment/*", "deepbio/inference/*", "docs/*")
GENOME = ("deepbio/sequence/*", "deepbio/genome/*", "deepbio/variants/*", "deepbio/incremental/*")

# (pattern, what the field says, where it is private: everywhere if empty)
WORDS = [
    (r"\b(apply_link|inverse link|links?)\b", "activation, Task.probabilities", ()),
    (r"\breadouts?\b", "postprocessing", ()),
    (r"\b(strange\w*|unusual\w*)\b", "out-of-distribution score", ()),
    (r"\bexpectations?\b", "golden outputs", ()),
    (r"\bshel(f|ves)\b", "catalog", ()),
    (r"\bown copy\b", "user-supplied", ()),
    (r"\bwhereabouts\b", "availability", ()),
    (r"\bplaces\b", "weight sources, index maps, positions", ("deepbio/zoo/*", "deepbio/augment/*", "docs/presets.md")),
    (r"\b[Ll]evels?\b", "layer groups", ("deepbio/training/finetuning/*", "docs/finetuning.md")),
    (r"\b(Unit|units_of)\b", "layer groups", ("deepbio/*", "docs/*")),
    (r"\bpaced?\b", "layer-wise learning rates", ()),
    (r"\b[Tt]uner\b|(?<![Ff]ine-)\bTuning\b|\btuning=", "fine-tuning plan", ()),
    (r"\bskewed\b", "class imbalance", ()),
    (r"\bwatch(es|ed)?\b", "monitor, callback", ("deepbio/training/*", "deepbio/benchmark/*", "docs/*")),
    (r"\bblamed?\b", "describe_batch", ()),
    (r"\bjoined\(|\bfit_inside\b", "merge_splits, fit_fold", ()),
    (r"\bmoves\b|\bplaces\(", "index maps", ("deepbio/augment/*", "docs/augmentation.md")),
    (r"\b[Vv]iews\b|\.(there|back)\(", "test-time augmentation, forward/inverse", TTA),
    (r"\b[Cc]ones?\b|\bEdits\b", "incremental inference, substitutions and indels", ()),
    (r"\bletters\b", "bases", GENOME),
    (r"\bwords of \w+ (bases|letters)\b", "12-mers", ()),
    (r"\bplacing\b", "split assignment", ()),
    (r"\b(claims?|[Cc]ells?|standings?|boards?)\b", "run, leaderboard", LEADERBOARDS),
    (r"\blevel with\b", "tied", ()),
    (r"\bnoting\b|\bbuild_again\b", "serialize, rebuild", ()),
    (r"\bParts\b", "chunks", ("deepbio/variants/*", "docs/variants.md")),
    (r"\b[Mm]ade[- ]up\b", "synthetic", ()),
    (r"\b(said|happened)\b", "confidence, observed frequency", ()),
    (r"\bdraws\b", "resamples (n_resamples), samples", ("deepbio/*", "docs/*", "README.md")),
    (r"\b(most|least)\s*[:=]|\bfewest\b", "max, min", ("deepbio/*",)),
    (r"\b[Ss]hares? of\b", "fraction of", ()),
    (r"(?<!standard )(?<!Standard )\bdeviations?\b", "standard deviation", ()),
    (r"\bstrays?\b|\bdenials?\b|\bdenied\b", "distractor, negation, negated", ()),
    (r"\bchances?\b", "probability", ("deepbio/datasets/vignettes/*",)),
    (r"\b([Tt]ell|tells|told)\b", "return, print, report", ()),
    (r"\b([Gg]ive|gives|gave)\b", "return, pass", ()),
    (r"\b(stands?|stood)\b", "exist, be", ()),
    (r"\b([Hh]olds?|held)\b", "contain, store", ()),
]  # fmt: skip

# (files, phrase that is no private word there, reason)
EXCEPTIONS = [
    ("CHANGELOG.md", r"(?m)^\| [^|]*\|", "the left columns: names as they were before"),
    ("*", r"at (the )?(very )?(most|least)", "comparison"),
    ("*", r"held[- ]out|hold[- ]out", "the field's word for data kept aside"),
    ("*", r"(?:hyper|sym|symbolic |hard )links?", "links of files"),
    ("docs/_s*/*", r"\blinks?\b", "links of pages"),
    ("docs/*", r":link(-type|-alt)?:", "options of cards: links of pages"),
    ("deepbio/app/static/*", r"var\(--link\)", "links of pages: a colour of the reports' style sheet"),
    ("deepbio/app/templates/*", r'<link rel=', "links of pages"),
    ("deepbio/report/*", r"--link|var\(--link\)|\"link\"", "links of pages: a colour of the style sheet"),
    ("deepbio/zoo/hdf5_weights.py", r"link", "links inside HDF5 files"),
    ("deepbio/text/*.py", r"\"denied\"|(was|is|were|are) denied", "triggers of NegEx"),
    ("deepbio/robustness/edits/notes.py", r"\"denied\"", "triggers of NegEx"),
    ("deepbio/datasets/vignettes/notes.py", r"The history tells of", "generated notes, which must not change"),
    ("zoo/*/report.html", r".", "pages that training runs wrote"),
    ("deepbio/training/steps/adversarial.py", r"tape\.watch", "the method of TensorFlow's tape"),
    ("deepbio/training/steps/recompute.py", r"tape\.watch", "the method of TensorFlow's tape"),
    ("*", r"[Ee]xpectations? over transformations?", "the field's name of an attack"),
    ("deepbio/zoo/golden_outputs.py", r"deepbio expectation 1", "a seed: another would change every preset"),
]  # fmt: skip


def _files():
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", *SCANNED], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    return [name for name in listed if Path(name).suffix in TEXT and (ROOT / name).is_file()]


def found_in(name, text):
    """List `(line number, word, replacement)` of every private word in the text of a file."""
    for files, phrase, _ in EXCEPTIONS:
        if fnmatch.fnmatch(name, files):
            text = re.sub(phrase, lambda match: " " * len(match[0]), text)
    for pattern, instead, scope in WORDS:
        if scope and not any(fnmatch.fnmatch(name, part) for part in scope):
            continue
        for match in re.finditer(pattern, text):
            yield text.count("\n", 0, match.start()) + 1, match[0], instead


@pytest.mark.parametrize("name", _files())
def test_a_file_uses_the_words_of_the_field(name):
    assert list(found_in(name, (ROOT / name).read_text(encoding="utf-8"))) == []


def test_the_search_finds_a_private_word_and_spares_a_set_phrase():
    assert [word for _, word, _ in found_in("deepbio/x.py", "the strangeness of at least one held-out example")] == [
        "strangeness"
    ]


def _docstrings():
    for file in sorted((ROOT / "deepbio").rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
                text = ast.get_docstring(node)
                if text:
                    yield f"{file.relative_to(ROOT)}:{getattr(node, 'name', '')}", text


def test_no_docstring_opens_with_give():
    assert [where for where, text in _docstrings() if re.match(r"Gives?\b", text)] == []


if __name__ == "__main__":
    for name in _files():
        if not sys.argv[1:] or any(name.startswith(start.removeprefix("./")) for start in sys.argv[1:]):
            for line, word, instead in sorted(found_in(name, (ROOT / name).read_text(encoding="utf-8"))):
                sys.stdout.write(f"{name}:{line}: {word!r} -> {instead}\n")

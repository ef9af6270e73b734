"""HTML, copied sentences and values of a note."""

import pytest

from deepbio.text.findings import TermFinder
from deepbio.text.markup import plain_text, without_repeats
from deepbio.text.measurements import with_findings
from deepbio.text.preparation import Preparation

HTML = (
    "<div><p>Farm vet, 44.&nbsp;<b>Fever</b> for two weeks,<br/>drenching sweats,<br>low back pain&nbsp;and&nbsp;a swollen testis."
    "</p><p>Liver and spleen &gt; 2&nbsp;cm.</p></div>"
)
PLAIN = (
    "Farm vet, 44. Fever for two weeks, drenching sweats, low back pain and a swollen testis. Liver and spleen > 2 cm."
)


def test_html_reads_as_its_text():
    reader = Preparation(findings=True)
    assert plain_text(HTML).split() == PLAIN.split()
    assert reader(HTML) == reader(PLAIN) != ""


@pytest.mark.parametrize("text", ["Na <130, CRP > 90", "seen by <name>", "a < b and c > d", "[**Name**] is well"])
def test_what_is_no_html_is_unchanged(text):
    assert plain_text(text) == text


def test_a_table_and_a_comment_leave_their_words():
    html = "<!-- draft --><table><tr><td>Fever</td><td>no</td></tr><tr><td>Cough</td><td>yes</td></tr></table><style>p {}</style>"
    assert plain_text(html) == "Fever: no\nCough: yes"


def test_a_copied_sentence_is_read_once():
    assert without_repeats("A rash for days. Well. A rash for days.") == "A rash for days. Well. "
    assert without_repeats("fever fever fever fever") == "fever"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("T 39.8, plt 12, Hb 6.2", ["Fever", "Thrombocytopenia", "Anemia"]),
        ("plt 250, Hb 14, T 36.9, HR 72, BP 120/80, Na 138", []),
        ("Temp 102F and BP 82/40", ["Fever", "Hypotension"]),
        (
            "AST 900, Na 121, K 2.4",
            ["Elevated circulating hepatic transaminase concentration", "Hyponatremia", "Hypokalemia"],
        ),
        ("Return if T > 38.5.", []),
    ],
)
def test_values_are_findings(text, found):
    assert [term.name for term in TermFinder.of_release().find(with_findings(text))] == found

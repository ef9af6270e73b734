"""Attacks on notes and tables: few edits, within what is allowed, that change the predicted class."""

import numpy as np
import pytest

from deepbio.errors import DataError
from deepbio.robustness import EDITS, Ranges, attack_notes, attack_tables, edit_notes
from deepbio.robustness.edits.notes import candidates
from deepbio.text.findings import TermFinder
from deepbio.zoo import get_model

NOTE = "A 40-year-old man has a fever and joint pain. He denies a cough. His BP was low."


def places(note, *words):
    return [(note.index(word), note.index(word) + len(word)) for word in words]


def kinds(*edits, words=()):
    return [after for _, (_, _, after) in candidates(NOTE, edits, places(NOTE, *words))]


def test_typos_swap_leave_out_and_double_inner_letters():
    assert {"fveer", "fver", "feever"} <= set(kinds("typos", words=["fever"]))
    assert all(one[0] == "f" and abs(len(one) - 5) <= 1 for one in kinds("typos", words=["fever"]))


def test_synonyms_keep_the_finding_and_its_negation():
    finder, before = TermFinder.of_release(), {(one.id, one.context) for one in TermFinder.of_release().find(NOTE)}
    found = candidates(NOTE, ["synonyms"], [])
    assert any(after == "arthralgia" for _, (_, _, after) in found)
    assert any(old == "cough" or "cough" in new for _, (_, old, new) in found)
    for text, _ in found:
        assert before <= {(one.id, one.context) for one in finder.find(text)}


def test_abbreviations_go_both_ways_and_sentences_move():
    assert "blood pressure" in kinds("abbreviations")
    assert "He denies a cough." in kinds("order")
    moved = next(text for text, (kind, _, after) in candidates(NOTE, ["order"], []) if after.startswith("He denies"))
    assert moved.startswith("He denies a cough. A 40-year-old man")


def test_negation_denies_a_finding_or_takes_back_a_denial_and_nothing_else():
    finder, before = TermFinder.of_release(), {one.id: one.context for one in TermFinder.of_release().find(NOTE)}
    found = dict(candidates(NOTE, ["negation"], []))
    assert "negation" not in EDITS
    assert {("a fever", "no fever"), ("denies a cough", "has a cough")} <= {edit[1:] for edit in found.values()}
    for text in found:
        after = {one.id: one.context for one in finder.find(text)}
        assert after.keys() == before.keys()
        assert any(after[id] != before[id] for id in before)


def test_random_edits_keep_findings_and_depend_on_the_index_of_a_note_alone():
    finder, before = TermFinder.of_release(), {(one.id, one.context) for one in TermFinder.of_release().find(NOTE)}
    edited = edit_notes([NOTE] * 20, edits=["synonyms", "abbreviations", "order"])
    assert len(set(edited)) > 10
    for text in edited:
        assert before <= {(one.id, one.context) for one in finder.find(text)}
    assert edit_notes([NOTE, NOTE[:60]], seed=3)[0] == edit_notes([NOTE, "Other."], seed=3)[0]
    assert edit_notes([NOTE], seed=3) != edit_notes([NOTE], seed=4)


def test_random_typos_change_one_word_each():
    for text in edit_notes([NOTE] * 10, edits=["typos"], max_edits=1):
        changed = [(old, new) for old, new in zip(NOTE.split(), text.split(), strict=True) if old != new]
        assert len(changed) == 1
    assert edit_notes(["No BP."], edits=["typos"]) == ["No BP."]


def test_a_note_loses_its_class_by_few_edits_and_more_edits_find_no_less():
    model = get_model("note_evidence.vignettes")
    notes = ["A man has fever, joint pain and a rash.", "She has weakness and no fever."]
    one, three = (attack_notes(model, notes, max_edits=k) for k in (1, 3))
    assert (one.success <= three.success).all()
    assert three.success.any()
    assert max(len(edits) for edits in three.edits) <= 3
    for before, after, edits in zip(three.notes, three.x, three.edits, strict=True):
        assert (before == after) == (not edits)


def test_cells_stay_in_their_ranges_and_whole_numbers_stay_whole():
    random = np.random.Generator(np.random.Philox(2))
    train = np.stack([random.normal(size=200), random.integers(0, 9, 200)], axis=1)
    ranges = Ranges.of(train, limits={0: (-1, 1)})
    assert ranges.whole.tolist() == [False, True]
    model = get_model("logistic", input_shape=(2,), outputs=2, seed=0)
    model.layers[-1].set_weights([np.array([[0, 3.0], [0, 1.0]]), np.array([0, -5.0])])
    rows = np.array([[0.3, 1.0], [0.9, 8.0]], np.float32)
    found = attack_tables(model, rows, ranges)
    assert found.success.all()
    assert found.clean.tolist() == [0, 1]
    assert found.counts.tolist() == [1, 1]
    assert (np.abs(found.x[:, 0]) <= 1).all()
    np.testing.assert_array_equal(found.x[:, 1], np.rint(found.x[:, 1]))


def test_a_fixed_column_never_changes():
    train = np.array([[0.0, 0.5], [4.5, 9.5]])
    found = attack_tables(
        get_model("mlp", input_shape=(2,), outputs=3, seed=1), np.ones((3, 2), np.float32), Ranges.of(train, fixed=[1])
    )
    assert (found.x[:, 1] == 1).all()


def test_what_does_not_fit_is_refused():
    table = get_model("mlp", input_shape=(2,), outputs=3, seed=1)
    with pytest.raises(DataError, match="text model"):
        attack_notes(table, ["a"])
    with pytest.raises(DataError, match="columns"):
        attack_tables(table, np.ones((1, 3)), Ranges.of(np.zeros((1, 2))))
    with pytest.raises(DataError, match="smaller first"):
        Ranges.of(np.zeros((1, 2)), limits={0: (2, 1)})
    with pytest.raises(DataError, match="typos"):
        attack_notes(get_model("note_evidence.vignettes"), ["a"], edits=["typo"])  # pyright: ignore[reportArgumentType]
    with pytest.raises(DataError, match=EDITS[0]):
        edit_notes(["a"], edits=[])

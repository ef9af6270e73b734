"""`diagnose`: a ranking with reasons, "none of these" if the note is unlike the training notes, and no word leaks."""

import json
import logging

import numpy as np
import pytest

from deepbio.diagnosis import BANNER, diagnose
from deepbio.errors import DataError, ModelError
from deepbio.inference import predict
from deepbio.zoo import get_model


def test_diseases_are_ranked_by_calibrated_probability_with_words_for_each(small_model, five_diseases):
    note = five_diseases.test.groups[0]
    found = diagnose(note, model=small_model, top=3)
    p = predict(small_model, [note])[0]
    assert [c.probability for c in found.candidates] == pytest.approx(sorted(p, reverse=True)[:3], rel=1e-12)
    assert found.candidates[0].name == five_diseases.labels[int(p.argmax())]
    assert not found.none_of_these
    first = found.candidates[0]
    assert first.words_for
    assert all(word.weight > 0 for word in first.words_for)
    assert all(word.weight < 0 for word in first.words_against)
    assert {word.word.removeprefix("no ") for word in first.words_for} <= set(
        note.lower().replace("-", " ").replace(".", " ").replace(",", " ").split()
    ) | {".", ",", "-"} | {str(n) for n in range(100)}
    assert found.terms


def test_a_preset_answers_as_its_model(small_model, small_preset, five_diseases):
    note = five_diseases.test.groups[1]
    one, other = diagnose(note, model=small_preset), diagnose(note, model=small_model)
    np.testing.assert_allclose(
        [c.probability for c in one.candidates], [c.probability for c in other.candidates], rtol=1e-5
    )


@pytest.mark.parametrize(
    ("note", "doubt"),
    [
        ("", "contains no words"),
        ("  \n\t ", "contains no words"),
        ("У мальчика высокая температура и сыпь на теле.", "does not know"),
        ("患者有高烧和皮疹。", "does not know"),
        ("zyxw vutsr qponm lkjih", "does not know"),
    ],
)
def test_what_cannot_be_judged_has_a_defined_answer(small_model, note, doubt):
    found = diagnose(note, model=small_model)
    assert found.none_of_these
    assert doubt in found.doubts[0]
    assert "None of these" in found.to_text()
    assert np.isfinite([c.probability for c in found.candidates]).all()
    assert bool(found.candidates) == bool(note.strip())


def test_a_note_of_five_megabytes_is_read_from_its_beginning(small_model, five_diseases):
    note = " ".join(five_diseases.test.groups)
    note += "".join(f" Room {i} was painted." for i in range(5_000_000 // 24))  # copied sentences would be read once
    found = diagnose(note, model=small_model, steps=2, top=2)
    assert found.words == 10_000
    assert found.remarks == ("Only the beginning of the note was read: 10,000 words at most.",)
    assert len(found.candidates) == 2


def test_a_note_longer_than_the_training_notes_is_read_whole(small_model, five_diseases):
    note = five_diseases.test.groups[2]
    filler = "".join(f"The weather was fine on day {i}. " for i in range(60))
    found = diagnose(filler + note, model=small_model)
    assert found.words > five_diseases.input.shape[0]
    assert {term.id for term in found.terms} >= {term.id for term in diagnose(note, model=small_model).terms}


def test_without_text_no_word_of_the_note_is_in_the_answer(small_model, five_diseases):
    note = five_diseases.test.groups[3] + " Seen by Xanthippe Quux."
    shown = diagnose(note, model=small_model, text=False)
    assert not any(c.words_for or c.words_against or c.looked_at for c in shown.candidates)
    assert "xanthippe" not in json.dumps(shown.to_dict()).lower()
    assert "xanthippe" not in (shown.to_text() + repr(shown)).lower()
    # nor does a representation of the full answer, which can end in a log, show words
    assert "-year" not in repr(diagnose(note, model=small_model))


def test_nothing_is_logged_printed_or_written(small_model, five_diseases, caplog, capfd, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    caplog.set_level(logging.DEBUG)
    diagnose("Mrs Quux has fever. " + five_diseases.test.groups[4], model=small_model)
    assert not [record for record in caplog.records if "Quux" in record.getMessage()]
    out, err = capfd.readouterr()
    assert "Quux" not in out + err
    assert list(tmp_path.iterdir()) == []


def test_the_banner_comes_first(small_model):
    found = diagnose("Fever.", model=small_model)
    assert found.to_text().startswith(BANNER)
    assert found.to_dict()["banner"] == BANNER
    assert "RESEARCH AND TEACHING ONLY" in BANNER


def test_wrong_calls_say_what_is_expected(small_model):
    with pytest.raises(DataError, match="A note is text; received int"):
        diagnose(3, model=small_model)  # type: ignore[arg-type]
    with pytest.raises(DataError, match="top and steps are at least 1"):
        diagnose("fever", model=small_model, top=0)
    with pytest.raises(ModelError, match="a text model of several classes"):
        diagnose("fever", model=get_model("dna_cnn"))

import numpy as np
import pytest

from deepbio.datasets.build import from_arrays
from deepbio.errors import DataError, ModelError
from deepbio.inference import predict, predict_long_notes
from deepbio.text import Tokenizer
from deepbio.zoo import get_model

TEXTS = [f"{'No fever' if i % 2 else 'Fever'} on day {i}, w/o cough. Seen in ward {i % 5}." for i in range(120)]


def test_long_notes_are_read_to_their_end():
    data = from_arrays(TEXTS, ["ill", "well"] * 60, modality="text", positive="ill", length=16)
    model = get_model("text_cnn", dataset=data, embedding_dim=8, filters=8, seed=0)
    filler = "Seen in ward 3 . " * 30
    note = filler + "Fever on day 7."
    np.testing.assert_allclose(predict_long_notes(model, [TEXTS[0]]), predict(model, [TEXTS[0]]), rtol=1e-5)
    assert predict(model, [note]) == predict(model, [filler])  # the head is the same
    assert predict_long_notes(model, [note]) != predict_long_notes(model, [filler])
    ids, _ = Tokenizer.from_json(data.input.tokenizer).encode_windows([note], 16)
    for pool, gather in (("mean", np.mean), ("max", np.max)):
        expected = gather(predict(model, ids))
        np.testing.assert_allclose(predict_long_notes(model, [note], pool=pool), expected, rtol=1e-6)
    sections = "PLAN\nSeen in ward 3.\nHISTORY\nFever on day 7."
    assert predict_long_notes(model, [sections, "", note], cut="sections").shape == (3,)


def test_unknown_options_and_models_without_a_tokenizer_are_refused():
    model = get_model("mlp", input_shape=3, outputs=2)
    with pytest.raises(ModelError, match="tokenizer"):
        predict_long_notes(model, ["a note"])
    with pytest.raises(DataError, match="Did you mean windows"):
        predict_long_notes(model, ["a note"], cut="window")

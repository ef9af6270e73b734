"""`note_evidence`: the prior that its logits start from."""

import numpy as np
import pytest

from deepbio.errors import ModelError
from deepbio.zoo import get_model

SMALL = {"input_shape": (8,), "outputs": 3, "vocabulary_size": 20, "embedding_dim": 4, "filters": 4, "units": 4}


def test_the_logits_of_an_empty_note_start_from_the_frequencies_of_the_labels():
    model = get_model("note_evidence", prior=[0.1, 0.1, 0.8], **SMALL)
    logits = model.predict_on_batch(np.zeros((1, 8), np.int32))[0]
    np.testing.assert_allclose(np.exp(logits) / np.exp(logits).sum(), [0.1, 0.1, 0.8], rtol=1e-5)


@pytest.mark.parametrize("prior", [[0.5, 0.5], [0.5, 0.5, 0.0], [1.0, float("nan"), 1.0]])
def test_a_prior_has_a_positive_number_for_each_label(prior):
    with pytest.raises(ModelError, match="one positive number per label, 3 in all"):
        get_model("note_evidence", prior=prior, **SMALL)

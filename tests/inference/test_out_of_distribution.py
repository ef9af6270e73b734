from dataclasses import asdict

import numpy as np
import pytest
from scipy.special import logsumexp

from deepbio.datasets import load_dataset
from deepbio.errors import ModelError, WeightsError
from deepbio.inference import calibrate, ood_score, predict
from deepbio.inference.feature_distance import NEIGHBORS
from deepbio.inference.out_of_distribution import _normalized_energy
from deepbio.specs import Task
from deepbio.training import fit
from deepbio.zoo import describe, get_model, save_preset
from deepbio.zoo.postprocessing import OodReference, Postprocessing


def test_the_score_of_several_classes_is_minus_the_logsumexp_of_the_logits(splice_model, splice):
    z = predict(splice_model, splice.test, logits=True)
    np.testing.assert_allclose(ood_score(splice_model, splice.test), -logsumexp(z, axis=1), rtol=1e-12)


def test_the_score_of_two_classes_is_one_minus_the_larger_probability(breast_cancer_model, breast_cancer):
    p = predict(breast_cancer_model, breast_cancer.test)
    np.testing.assert_allclose(
        ood_score(breast_cancer_model, breast_cancer.test), 1 - np.maximum(p, 1 - p), rtol=1e-6, atol=1e-12
    )


def test_ranks_of_the_validation_examples_are_uniform(splice_model, splice):
    ranks = ood_score(calibrate(splice_model, splice.valid), splice.valid, rank=True)
    assert ranks.mean() == pytest.approx(0.5, abs=0.02)
    assert ranks.min() == 0
    assert ranks.max() == 1


def test_a_model_without_validation_examples_or_logits_is_refused(splice_model, splice):
    with pytest.raises(ModelError, match="validation examples"):
        ood_score(splice_model, splice.test, rank=True)
    with pytest.raises(ModelError, match="reads logits"):
        ood_score(get_model("logistic", dataset=splice, activation="auto"), splice.test)


def test_the_mahalanobis_distance_finds_uniform_windows(splice_model, splice):
    windows = np.zeros_like(np.asarray(splice.test.x[np.arange(50)]))  # poly-A: unlike any splice junction
    near = ood_score(splice_model, splice.test, method="mahalanobis", reference=splice.train)
    far = ood_score(splice_model, windows, method="mahalanobis", reference=splice.train)
    assert near.shape == (len(splice.test),)
    assert np.median(far) > np.median(near)


def test_the_distance_to_neighbors_is_zero_for_examples_of_the_reference_only(splice_model, splice):
    reference = splice.train.take(np.repeat(np.arange(20), NEIGHBORS))  # each is its own nearest neighbors
    known = ood_score(splice_model, splice.train.take(np.arange(20)), method="knn", reference=reference)
    other = ood_score(splice_model, splice.test, method="knn", reference=reference)
    np.testing.assert_allclose(known, 0, atol=1e-3)
    assert np.median(other) > 0.01


def test_a_calibrated_model_keeps_what_its_score_needs(splice_model, splice, tmp_path):
    model = calibrate(splice_model, splice.valid, reference=splice.train)
    kept = describe(model).postprocessing.ood_reference
    assert (kept.method, kept.rows.shape[0], kept.count) == ("knn", 200, round(50 * 200 / len(splice.train)))
    ranks = ood_score(model, splice.valid, rank=True)
    assert (ranks.min(), ranks.max()) == pytest.approx((0, 1), abs=1e-5)
    assert ranks.mean() == pytest.approx(0.5, abs=0.02)
    all_of_them = ood_score(model, splice.test, method="knn", reference=splice.train)
    assert np.corrcoef(ood_score(model, splice.test), all_of_them)[0, 1] > 0.9
    with pytest.raises(ModelError, match="ranks of this model are of 'knn'"):
        ood_score(model, splice.test, rank=True, method="logits")


def test_the_reference_is_saved_with_the_model(splice_model, splice, tmp_path):
    model = calibrate(splice_model, splice.valid, reference=splice.train)
    save_preset(model, tmp_path / "run")
    again = get_model(tmp_path / "run")
    np.testing.assert_allclose(
        ood_score(again, splice.test, rank=True), ood_score(model, splice.test, rank=True), atol=1e-6
    )


def test_a_reference_that_does_not_fit_itself_is_refused():
    good = OodReference.of("mahalanobis", 2, np.ones((5, 3)))
    assert OodReference.from_dict(asdict(good)) == good
    for change in ({"method": "knm"}, {"count": 3}, {"columns": 4}, {"values": "no base64!"}):
        with pytest.raises(WeightsError, match="cannot be read"):
            Postprocessing.from_dict({"split": "valid", "examples": 5, "ood_reference": {**asdict(good), **change}})


def test_reconstruction_finds_images_of_noise():
    digits = load_dataset("digits")
    model = get_model("lenet5", dataset=digits, seed=0)
    noise = np.random.default_rng(0).integers(0, 256, (50, *digits.input.shape), dtype=np.uint8)
    near, far = (ood_score(model, x, method="reconstruction", reference=digits.train) for x in (digits.test, noise))
    assert far.min() > np.quantile(near, 0.99)
    splice = load_dataset("uci_splice")
    with pytest.raises(ModelError, match="is for images"):
        ood_score(get_model("mlp", dataset=splice), splice.test, method="reconstruction", reference=splice.train)


def test_a_pasted_note_is_not_less_strange_by_its_default_score():
    # Of the energy the mean rank fell from .95 to .83, .26 and .00 with one, two, three and four copies.
    notes = load_dataset("vignettes", diseases=10, train=800, valid=200, test=50, length=400, seed=3)
    model = get_model("note_evidence", dataset=notes, seed=0)
    fit(model, notes, epochs=4, verbose=False)
    model = calibrate(model, notes.valid, reference=notes.train)
    assert describe(model).postprocessing.ood_method == "normalized_energy"
    once, often = (
        np.stack(
            [np.resize(np.tile(row[row > 0], n), 400) * (np.arange(400) < n * (row > 0).sum()) for row in notes.test.x]
        )
        for n in (1, 4)
    )
    ranks = [ood_score(model, x.astype(np.int32), rank=True).mean() for x in (once, often)]
    assert ranks[1] >= ranks[0] - 0.1
    energies = [ood_score(model, x.astype(np.int32), method="logits").mean() for x in (once, often)]
    assert energies[1] < energies[0]


def test_energy_of_normalized_logits_does_not_depend_on_their_size():
    z = np.random.default_rng(0).normal(size=(20, 4))
    task = Task("multiclass", 4)
    np.testing.assert_allclose(_normalized_energy(task, 30 * z + 5), _normalized_energy(task, z), rtol=1e-12)


def test_a_distance_needs_the_training_split_and_a_rank_the_logits(splice_model, splice):
    with pytest.raises(ModelError, match="reference=data.train"):
        ood_score(splice_model, splice.test, method="knn")
    with pytest.raises(ModelError, match="ranks of this model are of 'logits'"):
        ood_score(splice_model, splice.test, method="knn", rank=True, reference=splice.train)
    with pytest.raises(ModelError, match="Did you mean knn"):
        ood_score(splice_model, splice.test, method="knm")

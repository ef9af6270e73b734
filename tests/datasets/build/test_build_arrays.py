import numpy as np
import pandas as pd
import pytest

from deepbio.datasets.build import from_arrays
from deepbio.errors import DataError
from deepbio.text import Tokenizer

Y = np.arange(80) % 2


def dna(random, n=80, length=12):
    return ["".join(row) for row in random.choice(list("ACGT"), (n, length))]


def check_whole(data, n):
    ids = [id for _, split in data.splits() for id in split.ids.tolist()]
    assert len(ids) == len(set(ids)) == n
    data.check_leakage()
    data.check_classes()


def test_a_table_is_described_by_its_training_rows(random):
    x = random.normal(3, 2, (80, 4))
    data = from_arrays(x, Y, features=["a", "b", "c", "d"])
    check_whole(data, 80)
    assert data.input.features == ("a", "b", "c", "d")
    assert data.input.mean == pytest.approx(data.train.x.mean(axis=0), abs=1e-5)
    place = int(data.test.ids[0]) - 1
    assert (data.test.x[0] == x[place].astype(np.float32)).all()
    assert data.test.y[0] == Y[place]


def test_a_pandas_frame_names_its_columns(random):
    frame = pd.DataFrame(random.normal(size=(80, 2)), columns=["age", "dose"])
    assert from_arrays(frame, pd.Series(["a", "b"] * 40)).input.features == ("age", "dose")


def test_dna_comes_as_codes_or_strings(random):
    texts = dna(random)
    data = from_arrays(texts, Y, modality="dna")
    check_whole(data, 80)
    assert data.input.to_dict() == {"modality": "dna", "shape": (12,)}
    again = from_arrays(np.concatenate([data.train.x, data.valid.x, data.test.x]), Y)
    assert again.input.modality == "dna"
    assert from_arrays([*texts[:-1], "ACG"], Y, modality="dna", length=8).input.shape == (8,)
    assert from_arrays(np.array(texts), Y, modality="dna", length=20).train.x[0].tolist().count(4) == 8


def test_grey_images_get_a_channel(random):
    data = from_arrays(random.integers(0, 256, (80, 6, 5), np.uint8), Y)
    check_whole(data, 80)
    assert data.input.shape == (6, 5, 1)


def test_notes_become_tokens_of_the_training_notes_only():
    order = ["one", "two", "three", "four"]
    days = [f"{order[i // 16 % 4]} {order[i // 4 % 4]} {order[i % 4]}" for i in range(80)]
    texts = [f"patient{i} has {'fever' if i < 64 else 'cough'} and is tired, day {days[i]}" for i in range(80)]
    data = from_arrays(texts, Y, modality="text", vocabulary=50)
    check_whole(data, 80)
    assert data.input.shape == (11,)  # words of each
    assert data.train.x.dtype == np.int32
    tokenizer = Tokenizer.from_json(data.input.tokenizer)
    place = int(data.test.ids[0]) - 1
    assert (data.test.x[0] == tokenizer.encode([texts[place]], 11)[0]).all()
    train = [texts[int(id) - 1] for id in data.train.ids]
    assert tokenizer == Tokenizer.fit(train, size=50)
    assert from_arrays(texts, Y, modality="text", length=3).input.shape == (3,)


def test_the_length_of_notes_covers_95_of_100():
    texts = ["word " * (i + 1) + str(i) for i in range(100)]
    data = from_arrays(texts, np.arange(100) % 2, modality="text")
    needed = sorted(len(texts[int(id) - 1].split()) for id in data.train.ids)
    assert np.mean(np.array(needed) <= data.input.shape[0]) >= 0.95
    assert np.mean(np.array(needed) <= data.input.shape[0] - 1) < 0.97


def test_groups_stay_together(random):
    data = from_arrays(random.normal(size=(80, 2)), Y, groups=np.arange(80) // 4)
    parts = [{(int(id) - 1) // 4 for id in split.ids} for _, split in data.splits()]
    assert not (parts[0] & parts[1])
    assert not (parts[0] & parts[2])
    assert not (parts[1] & parts[2])


def test_the_same_seed_gives_the_same_data_set(random):
    x = random.normal(size=(80, 2))
    assert from_arrays(x, Y).fingerprint() == from_arrays(x, Y).fingerprint()
    assert from_arrays(x, Y, seed=1).fingerprint() != from_arrays(x, Y).fingerprint()
    assert from_arrays(x, Y, seed=1).options == {"seed": 1}


def test_values_and_several_labels_need_no_classes(random):
    x = random.normal(size=(80, 2))
    assert from_arrays(x, random.normal(size=80)).task.kind == "regression"
    assert from_arrays(x, random.integers(0, 2, (80, 3)), labels=["a", "b", "c"]).task.kind == "multilabel"


@pytest.mark.parametrize(
    ("x", "y", "options", "message"),
    [
        (dna(np.random.default_rng(0)), Y, {}, "Strings are DNA or notes"),
        (
            [*dna(np.random.default_rng(0))[:-1], "ACGE" * 3],
            Y,
            {"modality": "dna"},
            "Record 80, position 4: received 'E'",
        ),
        (
            [*dna(np.random.default_rng(0))[:-1], "ACGE"],
            Y,
            {"modality": "dna", "length": 5},
            "Record 80: Position 4: received 'E'",
        ),
        (
            [*dna(np.random.default_rng(0))[:-1], "ACG"],
            Y,
            {"modality": "dna"},
            "Record 80: expected 12 bases as in record 1; received 3",
        ),
        (np.full((80, 2), 7, np.uint8), Y, {}, "Expected codes 0 to 4"),
        (np.zeros((80, 2)), Y[:-1], {}, "entry of y per example, 80; received 79"),
        (np.zeros((80, 2)), Y, {"ids": ["a"]}, "entry of ids per example, 80; received 1"),
        (np.zeros((80, 2)), Y, {"features": ["a"]}, "features names 1 columns"),
        (np.zeros(80), Y, {}, r"table examples as float32 of 2 dimensions; received float32 of shape \(80,\)"),
        (np.zeros((80, 4, 4), np.float32), Y, {}, "image examples as uint8"),
        (np.zeros((80, 4)), Y, {"modality": "text"}, "Unknown modality for numbers, 'text'"),
        (np.full((80, 2), np.nan), Y, {}, "Row 1, column 1: expected a finite number"),
        (np.zeros((80, 2)), Y, {}, "split would be empty: 80 examples form 1 groups"),
    ],
)
def test_what_does_not_fit_is_refused(x, y, options, message):
    with pytest.raises(DataError, match=message):
        from_arrays(x, y, **options)

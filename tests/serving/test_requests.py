"""What a server lets in: examples that its model takes, and nothing else."""

import base64
import io
import json

import numpy as np
import pytest
from PIL import Image

import deepbio
from deepbio.datasets.build import from_csv
from deepbio.errors import DataError, DeepbioError
from deepbio.inference import predict
from deepbio.serving.answers import answers
from deepbio.serving.requests import check_examples, examples_of, readable
from deepbio.zoo import describe, get_model

DNA = "ACGT" * 15


def picture(size=(28, 28)) -> str:
    file = io.BytesIO()
    Image.fromarray(np.random.default_rng(0).integers(0, 255, size, dtype=np.uint8)).save(file, "PNG")
    return base64.b64encode(file.getvalue()).decode()


@pytest.fixture(scope="module")
def splice():
    return get_model("dna_cnn.uci_splice")


@pytest.fixture(scope="module")
def chest():
    return get_model("image_cnn.pneumoniamnist")


@pytest.fixture(scope="module")
def visits(tmp_path_factory):
    path = tmp_path_factory.mktemp("visits") / "visits.csv"
    rows = "".join(f"{i},{'fm'[i % 2]},{'ill' if i % 3 else 'well'}\n" for i in range(60))
    path.write_text("age,sex,diagnosis\n" + rows)
    data = from_csv(path, label="diagnosis", positive="ill")
    return deepbio.fit(get_model("logistic", dataset=data), data, epochs=1, verbose=False).model


HOSTILE = {
    "empty": b"",
    "no json": b"ACGT",
    "half": b'{"inputs": ["ACG',
    "nan": b'{"inputs": [NaN]}',
    "bytes that are no text": b'{"inputs": ["\xff\xfe"]}',
    "deep": b'{"inputs": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "list": json.dumps([DNA]).encode(),
    "other key": json.dumps({"sequences": [DNA]}).encode(),
    "more keys": json.dumps({"inputs": [DNA], "path": "/etc/passwd"}).encode(),
    "no list": json.dumps({"inputs": DNA}).encode(),
    "nothing": json.dumps({"inputs": []}).encode(),
    "too many": json.dumps({"inputs": [DNA] * 65}).encode(),
    "null": json.dumps({"inputs": [None]}).encode(),
    "number": json.dumps({"inputs": [7]}).encode(),
    "object": json.dumps({"inputs": [{"dna": DNA}]}).encode(),
    "nested": json.dumps({"inputs": [[DNA]]}).encode(),
    "one of two": json.dumps({"inputs": [DNA, True]}).encode(),
    "no sequence": json.dumps({"inputs": [""]}).encode(),
    "too short": json.dumps({"inputs": [DNA[:-1]]}).encode(),
    "too long": json.dumps({"inputs": [DNA * 10_000]}).encode(),
    "protein": json.dumps({"inputs": ["MEEPQSDPSV" * 6]}).encode(),
    "emoji": json.dumps({"inputs": ["🧬" * 60]}).encode(),
    "file name": json.dumps({"inputs": ["/etc/passwd"]}).encode(),
}


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE)
def test_a_request_that_no_model_takes_is_refused_at_the_door(splice, body):
    with pytest.raises(DataError) as caught:
        check_examples(describe(splice), examples_of(body, "dna"))
    assert len(str(caught.value)) < 400


PICTURES = {
    "no base64": "&&&&",
    "no image": base64.b64encode(b"hello").decode(),
    "half an image": picture()[:200],
    "a page": base64.b64encode(b"<html><script>alert(1)</script></html>").decode(),
}


@pytest.mark.parametrize("text", PICTURES.values(), ids=PICTURES)
def test_a_string_that_is_no_image_is_refused_without_a_path_of_ours(chest, text):
    with pytest.raises(DeepbioError) as caught, readable(describe(chest), [text]) as paths:
        predict(chest, paths)
    assert "deepbio-upload" not in str(caught.value)
    with pytest.raises(DeepbioError):
        check_examples(describe(chest), [text])


ROWS = {
    "missing column": ({"age": 3}, "sex"),
    "no number": ({"age": "old", "sex": "f"}, "age"),
}


@pytest.mark.parametrize(("row", "column"), ROWS.values(), ids=ROWS)
def test_a_row_that_does_not_fit_names_its_column(visits, row, column):
    with pytest.raises(DataError, match=column):
        check_examples(describe(visits), examples_of(json.dumps({"inputs": [row]}).encode(), "table"))


def test_a_cell_is_no_list():
    with pytest.raises(DataError, match="Example 1: expected an object of columns and values"):
        examples_of(b'{"inputs": [{"age": [1, 2]}]}', "table")


def test_answers_are_those_of_predict(splice, chest, visits):
    wanted = predict(splice, [DNA, DNA[::-1]])
    record = describe(splice)
    assert record.task is not None
    found = answers(record, wanted)
    assert [one["label"] for one in found] == [record.task.labels[k] for k in wanted.argmax(axis=1)]
    np.testing.assert_allclose([list(one["probabilities"].values()) for one in found], wanted, rtol=1e-7)
    with readable(describe(chest), [picture()]) as paths:
        [one] = answers(describe(chest), predict(chest, paths))
    assert sum(one["probabilities"].values()) == pytest.approx(1)
    with readable(describe(visits), [{"sex": "f", "age": 3}]) as frame:
        [one] = answers(describe(visits), predict(visits, frame))
    assert one["label"] in ("ill", "well")

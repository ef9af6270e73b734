"""JSON lines read as the same table in CSV does, and a bad line is named without being quoted."""

import gzip
import json

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepbio.datasets import Dataset
from deepbio.datasets.readers import read_notes, read_table
from deepbio.errors import DataError


@given(
    st.lists(
        st.tuples(
            st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(str.strip),
            st.floats(-(2.0**99), 2.0**99, width=32, allow_subnormal=False),
        ),
        min_size=1,
        max_size=10,
    ),
    st.booleans(),
)
def test_rows_come_back_as_pandas_reads_them(tmp_path_factory, rows, packed):
    text = "".join(json.dumps({"note": note, "level": level}) + "\n" for note, level in rows)
    path = tmp_path_factory.mktemp("jsonl") / ("a.jsonl.gz" if packed else "a.jsonl")
    path.write_bytes(gzip.compress(text.encode()) if packed else text.encode())
    table = read_table(path, text="note", features=["level"])
    expected = pd.read_json(path, lines=True, dtype={"note": str}, convert_dates=False, precise_float=True)
    assert table.texts == [note for note, _ in rows]
    assert table.x[:, 0] == pytest.approx(expected["level"].to_numpy("float32"), rel=1e-6)


def test_a_missing_key_is_an_empty_cell(tmp_path):
    (tmp_path / "a.jsonl").write_text('{"x": 1, "y": "a"}\n\n{"y": "b"}\n')
    with pytest.raises(DataError, match=r"row 2, column 'x': expected a number; the cell is empty"):
        read_table(tmp_path / "a.jsonl", label="y")


def test_notes_and_data_sets_are_read(tmp_path):
    rows = [{"note": f"Fever on day {i}.", "diagnosis": i % 2, "patient": i // 2} for i in range(60)]
    (tmp_path / "a.ndjson").write_text("\n".join(map(json.dumps, rows)))
    assert read_notes(tmp_path / "a.ndjson").texts[3] == "Fever on day 3."
    data = Dataset.from_csv(tmp_path / "a.ndjson", text="note", label="diagnosis", group="patient")
    assert data.labels == ("0", "1")


BAD = {
    "no JSON": ('{"x": 1}\n{"x": secret}\n', "line 2: expected one JSON object per line; Expecting value"),
    "array": ('[{"x": 1}]\n', "line 1: expected a JSON object"),
    "number": ("7\n", "line 1: expected a JSON object"),
    "nested": ('{"x": {"y": 1}}\n', "line 1, key 'x': expected a plain value"),
    "list": ('{"x": [1]}\n', "line 1, key 'x': expected a plain value"),
    "twice": ('{"x": 1, "x": 2}\n', "line 1: the key 'x' occurs twice"),
    "not UTF-8": (b'{"x": "\xe9"}\n', "line 1: expected utf-8; byte 0xe9"),
    "deep": ("[" * 100_000, "line 1: expected one JSON object per line"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_line_is_named_and_not_quoted(tmp_path, case):
    content, message = BAD[case]
    (tmp_path / "a.jsonl").write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(DataError, match=rf"a\.jsonl.*(?:{message})") as caught:
        read_table(tmp_path / "a.jsonl")
    assert "secret" not in str(caught.value)

import gzip

import pytest

from deepbio.datasets.readers import read_notes
from deepbio.errors import DataError


def test_a_text_file_has_one_note_a_line(tmp_path):
    path = tmp_path / "a.txt.gz"
    path.write_bytes(gzip.compress("\ufeffNo fever.\r\nMüde, seit 3 Tagen\n".encode()))
    notes = read_notes(path)
    assert (notes.texts, notes.ids.tolist()) == (["No fever.", "Müde, seit 3 Tagen"], ["1", "2"])


@pytest.mark.parametrize(
    ("header", "options"), [("note", {}), ("id,note", {}), ("id,Text", {}), ("id,body", {"text": "body"})]
)
def test_the_column_of_a_table_is_found_or_named(tmp_path, header, options):
    path = tmp_path / "a.csv"
    path.write_text(f"{header}\n{'x,' if ',' in header else ''}well\n")
    assert read_notes(path, **options).texts == ["well"]


def test_the_id_column_names_the_notes(tmp_path):
    path = tmp_path / "a.tsv"
    path.write_text("id\tnote\nn1\twell\n")
    assert read_notes(path, id="id").ids.tolist() == ["n1"]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.txt", b"well\n\nill\n", "line 2: the line is empty"),
        ("a.txt", b"well\n\xff\n", "line 2: expected UTF-8; byte 0xff"),
        ("a.txt", b"", "the file is empty"),
        ("a.csv", b"a,b\n1,2\n", "name the column of the notes.*Valid names: a, b"),
        ("a.csv", b"note,b\n,2\n", "row 1, column 'note': the cell is empty"),
    ],
)
def test_bad_notes_are_named_with_their_place(tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=message):
        read_notes(tmp_path / name)

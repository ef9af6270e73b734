"""`deepbio diagnose`: a note in, a ranking with its banner out."""

import json

import pytest
from typer.testing import CliRunner

from deepbio.cli.main import app
from deepbio.diagnosis import BANNER
from deepbio.errors import DataError

NOTE = "A boy has a high fever. He denies cough. Seen by Dr Quux."


@pytest.fixture
def run(small_preset, tmp_path):
    (tmp_path / "note.txt").write_text(NOTE, encoding="utf-8")

    def call(*arguments, input=None):
        return CliRunner().invoke(app, ["diagnose", *map(str, arguments), "--model", str(small_preset)], input=input)

    call.note = tmp_path / "note.txt"
    return call


def test_a_ranking_with_banner_words_and_findings(run):
    result = run(run.note, "--top", 2)
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert lines[0] == BANNER
    assert "  1. " in result.stdout
    assert "  2. " in result.stdout
    assert "  3. " not in result.stdout
    assert "Findings: Fever (HP:0001945)" in result.stdout
    assert "Negated: Cough (HP:0012735)" in result.stdout


def test_json_from_standard_input_without_a_word_of_the_note(run):
    result = run("-", "--json", "--no-text", input=NOTE)
    found = json.loads(result.stdout)
    assert found["banner"] == BANNER
    assert len(found["candidates"]) == 5
    assert sum(c["probability"] for c in found["candidates"]) == pytest.approx(1)
    assert all(c["for"] == [] for c in found["candidates"])
    assert "quux" not in result.output.lower()


def test_an_empty_file_is_answered(run, tmp_path):
    (tmp_path / "empty.txt").write_text("")
    result = run(tmp_path / "empty.txt")
    assert result.exit_code == 0
    assert "None of these" in result.stdout


def test_a_file_that_cannot_be_read_is_an_error_without_its_text(run, tmp_path):
    error = run(tmp_path / "none.txt").exception
    assert isinstance(error, DataError)
    assert "Expected a note at" in str(error)
    (tmp_path / "latin.txt").write_bytes("fièvre Quux".encode("latin-1"))
    error = run(tmp_path / "latin.txt").exception
    assert isinstance(error, DataError)
    assert "expected UTF-8 text; byte 3 is not UTF-8" in str(error)
    assert "Quux" not in str(error)

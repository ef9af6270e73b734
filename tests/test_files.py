"""Files are whole or absent, and a changed data file is refused."""

import os
import stat
from pathlib import Path

import pytest

from deepbio.errors import DataError, DeepbioError
from deepbio.files import sha256_of, writable_folder, write_atomically

FULL = Path("/dev/full")  # a device on which every write says that the disk is full
as_root = hasattr(os, "geteuid") and os.geteuid() == 0


def test_a_written_file_is_whole_and_nothing_stands_beside_it(tmp_path):
    with write_atomically(tmp_path / "a.tsv") as beside:
        beside.write_text("one\ttwo\n")
    assert (tmp_path / "a.tsv").read_text() == "one\ttwo\n"
    assert [file.name for file in tmp_path.iterdir()] == ["a.tsv"]


def test_the_temporary_name_ends_as_the_target_does(tmp_path):
    with write_atomically(tmp_path / "model.weights.h5") as beside:
        assert beside.name.endswith(".weights.h5")
        assert beside.parent == tmp_path
        beside.write_bytes(b"x")


def _write_half(target, error):
    with write_atomically(target) as beside:
        beside.write_text("half of the new")
        raise error


def test_a_failure_leaves_nothing(tmp_path):
    with pytest.raises(ZeroDivisionError):
        _write_half(tmp_path / "a.txt", ZeroDivisionError)
    assert list(tmp_path.iterdir()) == []


def test_a_failure_leaves_the_old_file_as_it_was(tmp_path):
    (tmp_path / "a.txt").write_text("old")
    with pytest.raises(KeyboardInterrupt):
        _write_half(tmp_path / "a.txt", KeyboardInterrupt)
    assert (tmp_path / "a.txt").read_text() == "old"
    assert [file.name for file in tmp_path.iterdir()] == ["a.txt"]


def test_readers_see_the_old_file_until_the_new_one_is_whole(tmp_path):
    target = tmp_path / "a.txt"
    target.write_text("old")
    with write_atomically(target) as beside:
        beside.write_text("new")
        assert target.read_text() == "old"
    assert target.read_text() == "new"


def test_a_writer_that_writes_nothing_leaves_an_empty_file(tmp_path):
    with write_atomically(tmp_path / "a.txt"):
        pass
    assert (tmp_path / "a.txt").read_bytes() == b""


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")
def test_a_written_file_has_the_permissions_of_any_new_file(tmp_path):
    (tmp_path / "plain").touch()
    with write_atomically(tmp_path / "a.txt") as beside:
        beside.write_text("x")
    mode = [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("plain", "a.txt")]
    assert mode[0] == mode[1]


def test_a_missing_folder_is_reported(tmp_path):
    message = "Cannot write .*its folder does not exist"
    with pytest.raises(DeepbioError, match=message), write_atomically(tmp_path / "no" / "a.txt"):
        pass


def test_an_error_of_reading_inside_is_not_taken_for_one_of_writing(tmp_path):
    with pytest.raises(FileNotFoundError), write_atomically(tmp_path / "a.txt"):
        (tmp_path / "elsewhere").read_text()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not FULL.exists(), reason="needs /dev/full")
def test_a_full_disk_is_reported_and_leaves_nothing(tmp_path):
    with (
        pytest.raises(DeepbioError, match="the disk is full"),
        write_atomically(tmp_path / "a.txt"),
        FULL.open("w") as full,
    ):
        full.write("x" * 100_000)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(as_root, reason="root may write anywhere")
def test_a_read_only_folder_is_reported(tmp_path):
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(DeepbioError, match="no write permission"):
            writable_folder(tmp_path / "run")
    finally:
        tmp_path.chmod(0o700)


def test_a_file_in_the_place_of_a_folder_is_reported(tmp_path):
    (tmp_path / "run").write_text("")
    with pytest.raises(DeepbioError, match="Cannot write .*run: a file of that name is in the way"):
        writable_folder(tmp_path / "run")
    with pytest.raises(DeepbioError, match="a part of the path is a file"):
        writable_folder(tmp_path / "run" / "deeper")


def test_a_folder_is_made_with_those_above_it_and_left_empty(tmp_path):
    assert writable_folder(tmp_path / "a" / "b") == tmp_path / "a" / "b"
    assert list((tmp_path / "a" / "b").iterdir()) == []


def test_the_checksum_is_the_one_of_the_standard(tmp_path):
    # NIST FIPS 180-2, appendix B.1: SHA-256 of "abc".
    (tmp_path / "abc").write_bytes(b"abc")
    assert sha256_of(tmp_path / "abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_the_checksum_of_a_missing_file_is_a_data_error(tmp_path):
    with pytest.raises(DataError, match="readable file at .*nothing; No such file"):
        sha256_of(tmp_path / "nothing")

"""Files of strangers: bombs, aliases, pipes, crashes of a parser, downloads without end, formulas and escapes."""

import gzip
import http.server
import io
import os
import threading
import time
import zipfile

import numpy as np
import pytest

from deepbio import download as downloads
from deepbio.datasets import isolated, read_card
from deepbio.documents import parse_yaml
from deepbio.download import download
from deepbio.errors import DataError, DeepbioError
from deepbio.escaping import markdown_text, spreadsheet_text, terminal_text
from deepbio.files import read_content
from deepbio.isolated import size_of
from deepbio.limits import check_archive


def test_a_gzip_bomb_is_refused_before_it_is_unpacked(tmp_path):
    bomb = tmp_path / "a.csv.gz"
    bomb.write_bytes(gzip.compress(b"0" * (80 << 20)))
    with pytest.raises(DataError, match="at most 64 MiB, unpacked"):
        read_content(bomb)


def test_the_limit_is_that_of_the_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("DEEPBIO_MAX_BYTES", "1000")
    (tmp_path / "a.txt").write_bytes(b"x" * 2000)
    with pytest.raises(DataError, match="DEEPBIO_MAX_BYTES"):
        read_content(tmp_path / "a.txt")
    monkeypatch.setenv("DEEPBIO_MAX_BYTES", "a lot")
    with pytest.raises(DeepbioError, match="number of bytes"):
        read_content(tmp_path / "a.txt")


def test_an_archive_that_unpacks_to_far_more_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x.npy", b"\0" * (80 << 20))
    with pytest.raises(DataError, match="unpacked"):
        check_archive(tmp_path / "a.npz")


def test_aliases_of_yaml_are_refused(tmp_path):
    """Billion laughs: each line repeats the one before nine times."""
    lines = ["a0: &a0 [x, x]", *(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 9))]
    (tmp_path / "card.md").write_text("---\nname: x\n" + "\n".join(lines) + "\n---\ntext\n")
    began = time.monotonic()
    with pytest.raises(DataError, match="without aliases"):
        read_card(tmp_path)
    assert time.monotonic() - began < 5
    with pytest.raises(DataError, match="inside each other"):
        parse_yaml("[" * 500 + "]" * 500, "a.yaml")


def test_a_pipe_is_refused_unread(tmp_path):
    os.mkfifo(tmp_path / "a.csv")
    with pytest.raises(DataError, match="pipe or a device"):
        read_content(tmp_path / "a.csv")


def _abort(path):
    os.abort()


def _hang(path):
    while True:
        pass


def _grow(path):
    return {"x": np.ones(40 << 30, np.uint8)}


def _panic(path):
    raise BaseException("a panic of Rust")


@pytest.mark.parametrize(
    ("function", "words"),
    [(_abort, "crashed .SIGABRT"), (_hang, "more than 1 seconds"), (_grow, "Memory"), (_panic, "panic")],
)
def test_a_parser_that_crashes_is_one_error(function, words, tmp_path, monkeypatch):
    (tmp_path / "a").write_bytes(b"x")
    monkeypatch.setattr("deepbio.isolated.SECONDS", 1.0 if function is _hang else 60.0)
    monkeypatch.setattr("deepbio.isolated._ROOT", str(__import__("pathlib").Path(__file__).parents[2]))
    monkeypatch.setattr(function, "__module__", "tests.hostile.test_files")
    with pytest.raises(DataError, match=words):
        isolated(function, tmp_path / "a")
    assert isolated(size_of, tmp_path / "a") == {"size": 1}


@pytest.fixture
def server():
    class Handler(http.server.BaseHTTPRequestHandler):
        length, pieces = "abc", [b"x" * 1000] * 3

        def do_GET(self):
            self.send_response(200)
            if self.length is not None:
                self.send_header("Content-Length", self.length)
            self.end_headers()
            try:
                for piece in self.pieces:
                    self.wfile.write(piece)
                    time.sleep(0.02)
            except OSError:
                pass

        def log_message(self, *_):  # type: ignore
            pass

    made = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{made.server_port}/a", Handler
    made.shutdown()
    thread.join()
    made.server_close()


def test_a_server_that_sends_more_than_the_file_has_is_left(server, tmp_path, monkeypatch):
    monkeypatch.delenv("DEEPBIO_OFFLINE", raising=False)
    address, handler = server
    handler.length, handler.pieces = None, [b"x" * 60_000] * 1000
    with pytest.raises(DataError, match="more than the 100000 bytes"):
        download([address], tmp_path / "a", check=lambda path: "wrong", size=100_000)
    assert sum(file.stat().st_size for file in tmp_path.iterdir()) <= 100_000


def test_a_server_that_sends_hardly_anything_is_left(server, tmp_path, monkeypatch):
    monkeypatch.delenv("DEEPBIO_OFFLINE", raising=False)
    monkeypatch.setattr(downloads, "_STALL_SECONDS", 0.3)
    address, handler = server
    handler.length, handler.pieces = None, [b"x"] * 500
    with pytest.raises(DataError, match="hardly anything"):
        download([address], tmp_path / "a", check=lambda path: "wrong")


def test_an_odd_length_is_tolerated_and_a_symlinked_part_is_not_written_through(server, tmp_path, monkeypatch):
    monkeypatch.delenv("DEEPBIO_OFFLINE", raising=False)
    address, handler = server
    handler.length, handler.pieces = "1e3", [b"x" * 1000]
    (tmp_path / "precious").write_bytes(b"mine")
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / ".a.part").symlink_to(tmp_path / "precious")
    check = lambda path: None if path.read_bytes() == b"x" * 1000 else "wrong"  # noqa: E731
    assert download([address], tmp_path / "cache" / "a", check=check).read_bytes() == b"x" * 1000
    assert (tmp_path / "precious").read_bytes() == b"mine"


def test_formulas_escapes_and_markup_of_others_are_made_harmless():
    assert spreadsheet_text('=HYPERLINK("http://x")') == '\'=HYPERLINK("http://x")'
    assert [spreadsheet_text(text) for text in ("-1.5", "+", "1e-3", "chr1")] == ["-1.5", "+", "1e-3", "chr1"]
    assert terminal_text("a\x1b]0;title\x07b\u202ec\n") == "a]0;titlebc\n"
    assert markdown_text("x|<script>\n![a](b)") == "x\\|&lt;script> !\\[a](b)"


def test_every_page_has_a_content_security_policy():
    from pathlib import Path

    import deepbio

    pages = [file for file in Path(deepbio.__file__).parent.rglob("*") if file.name.endswith((".html", ".j2"))]
    whole = [file for file in pages if "<!doctype html>" in file.read_text().lower()]
    assert len(whole) >= 3
    served = {file for file in whole if "app" in file.parts}  # its server sends the policy: tests/app/test_guard.py
    assert len(served) == 1
    assert all("Content-Security-Policy" in file.read_text() for file in whole if file not in served)


def test_a_checkpoint_cannot_choose_where_a_callback_writes():
    import keras

    from deepbio.training.checkpoints.callback_state import write_callbacks

    class Counts(keras.callbacks.Callback):
        batches = 0

    saver, counts = keras.callbacks.ModelCheckpoint("mine.keras"), Counts()
    facts = {
        "ModelCheckpoint 1": {"filepath": "/etc/x.keras", "best": 0.5, "on_epoch_end": 3},
        "Counts 1": {"batches": 7},
    }
    write_callbacks([saver, counts], facts, {})
    assert (saver.filepath, saver.best, counts.batches) == ("mine.keras", 0.5, 7)
    assert callable(saver.on_epoch_end)


def test_an_archive_of_arrays_without_a_header_is_one_error(tmp_path):
    from deepbio.datasets.readers.npz import read_npz

    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr(
            "train_images.npy",
            b"\x93NUMPY\x01\x00v\x00{'descr': '|u1', 'fortran_order': False, 'shape': (99999999999,)}",
        )
    (tmp_path / "a.npz").write_bytes(content.getvalue())
    with pytest.raises(DataError):
        read_npz(tmp_path / "a.npz")


def _archive(path, member):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("train_images.npy", member)


def test_a_member_that_is_no_array_is_one_error(tmp_path):
    from deepbio.datasets.readers.npz import read_npz

    _archive(tmp_path / "a.npz", b"\x92NUMPY")
    with pytest.raises(DataError, match="no array of NumPy"):
        read_npz(tmp_path / "a.npz")


@pytest.mark.parametrize("member", [b"\x93NUMPY\x01\x00v\x00{'descr': ('|u1'", b"\x93NUMPY\x09\x00"])
def test_a_checkpoint_with_a_damaged_header_is_passed_over(member, tmp_path, caplog):
    """A header without its end raised TokenError of the tokenizer of Python."""
    from deepbio.files import sha256_of
    from deepbio.training.checkpoints.checkpoint import Checkpoints

    _archive(tmp_path / "a.npz", member)
    (tmp_path / "checkpoints").mkdir()
    (tmp_path / "a.npz").rename(tmp_path / "checkpoints" / f"00000001-{sha256_of(tmp_path / 'a.npz')}.npz")
    assert Checkpoints(tmp_path).latest() is None
    assert "damaged" in caplog.text


def test_a_bcf_in_plain_gzip_is_one_error(tmp_path):
    """htslib cannot seek in it, which pysam says by NotImplementedError."""
    pysam = pytest.importorskip("pysam")
    from deepbio.genome import VcfFile

    header = pysam.VariantHeader()
    header.contigs.add("chr1", length=1000)
    with pysam.VariantFile(str(tmp_path / "a.bcf"), "wb", header=header) as file:
        file.write(file.new_record(contig="chr1", start=9, alleles=("A", "C")))
    assert len(list(VcfFile(tmp_path / "a.bcf").records())) == 1
    (tmp_path / "b.bcf").write_bytes(gzip.compress(gzip.decompress((tmp_path / "a.bcf").read_bytes())))
    with pytest.raises(DataError, match="cannot be read"):
        list(VcfFile(tmp_path / "b.bcf").records())


def test_an_ontology_of_another_encoding_is_one_error(tmp_path):
    from deepbio.text.ontology import read_ontology

    (tmp_path / "hp.obo").write_bytes("x\n[Term]\nid: HP:1\nname: Fi\xe8vre\n".encode("latin-1"))
    with pytest.raises(DataError, match="UTF-8"):
        read_ontology(tmp_path / "hp.obo")


def test_a_deviation_beyond_64_bits_is_a_number():
    from deepbio.specs import ModelInput

    assert ModelInput("table", (1,), std=(10**30,)).std == (10**30,)


@pytest.mark.parametrize("number", ["9223372036854775808", "9" * 25])
def test_a_position_beyond_64_bits_is_one_error(number, tmp_path):
    from deepbio.genome import read_bed, read_gtf, read_vcf

    (tmp_path / "a.bed").write_text(f"chr1\t1\t{number}\n")
    (tmp_path / "a.gtf").write_text(f"chr1\tx\tgene\t1\t{number}\t.\t+\t.\tID=a\n")
    head = "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
    (tmp_path / "a.vcf").write_text(f"{head}chr1\t{number}\t.\tA\tC\t.\t.\t.\n")
    for name, read in (("bed", read_bed), ("gtf", read_gtf), ("vcf", read_vcf)):
        with pytest.raises(DataError, match="line"):
            read(tmp_path / f"a.{name}")

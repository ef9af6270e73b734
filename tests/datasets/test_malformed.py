"""What files are like in the field: each gives the right data or one error with file and place, runs nothing, breaks nothing."""

# ruff: noqa: E501  a row of the table is read as one line

import gzip
import hashlib
import http.server
import io
import json
import os
import subprocess
import sys
import textwrap
import threading
import zipfile
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from PIL import Image

from deepbio.datasets import Dataset, read_card
from deepbio.datasets.fetch import card_file
from deepbio.datasets.readers import (
    read_dicom,
    read_fasta,
    read_fastq,
    read_images,
    read_nifti,
    read_notes,
    read_npz,
    read_table,
)
from deepbio.errors import DeepbioError
from deepbio.genome import (
    GenomeWindows,
    VariantWindows,
    open_genome,
    read_bed,
    read_genbank,
    read_gtf,
    read_vcf,
)
from deepbio.sequence import decode

GENOME = ">chr1\n" + "ACGT" * 25 + "\n>chr2\n" + "GATTACA" * 10 + "\n"
VCF = "##fileformat=VCFv4.3\n" + "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO" + "\n"
PIXELS = np.arange(35, dtype=np.uint8).reshape(5, 7)


class Row(NamedTuple):
    """One file as it came: its name and bytes (or what writes it), how it is read, and what must come of it."""

    name: str
    content: Any
    read: Any
    outcome: Any  # a pattern of the one error, or a function that says whether the data are right


# ---- readers --------------------------------------------------------------------------------------------------------


def fasta(path):
    records = read_fasta(path)
    return dict(zip(records.ids, decode(np.asarray(records.codes)), strict=True))


def genome(path):
    found = open_genome(path)
    return {name: decode(np.asarray(found[name])) for name in found.lengths}


def windows(read):
    def of(path):
        (path.parent / "g.fa").write_text(GENOME)
        return decode(GenomeWindows(open_genome(path.parent / "g.fa"), read(path), length=8)[np.arange(1)])

    return of


def variants(path):
    (path.parent / "g.fa").write_text(GENOME)
    found = read_vcf(path)
    VariantWindows(open_genome(path.parent / "g.fa"), found, length=9)
    return found.names()


def table(path):
    return read_table(path, label="y").x.tolist()


def image(path):
    return read_images(path)[np.array([0])][0]


def packed_image(array, form="PNG", **options):
    file = io.BytesIO()
    (array if isinstance(array, Image.Image) else Image.fromarray(array)).save(file, format=form, **options)
    return file.getvalue()


def dicom(**changed):
    def write(path):
        pydicom = pytest.importorskip("pydicom", reason="needs the extra 'images'")
        file = pydicom.dataset.Dataset()
        file.file_meta = pydicom.dataset.FileMetaDataset()
        file.file_meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
        file.file_meta.MediaStorageSOPClassUID = file.SOPClassUID = pydicom.uid.CTImageStorage
        file.file_meta.MediaStorageSOPInstanceUID = file.SOPInstanceUID = "1.2.3"
        file.Modality, file.PhotometricInterpretation, file.SamplesPerPixel = "CT", "MONOCHROME2", 1
        file.Rows, file.Columns, file.PixelRepresentation = 1, 3, 0
        file.BitsAllocated, file.BitsStored, file.HighBit = 16, 16, 15
        file.WindowCenter, file.WindowWidth, file.VOILUTFunction = 100, 200, "LINEAR_EXACT"
        file.PixelData = np.array([0, 100, 200], "<u2").tobytes()
        for name, value in changed.items():
            delattr(file, name) if value is None else setattr(file, name, value)
        file.save_as(path, enforce_file_format=True)

    return write


def nifti(values, dtype=np.float32, cut=None):
    def write(path):
        nibabel = pytest.importorskip("nibabel", reason="needs the extra 'images'")
        nibabel.save(nibabel.Nifti1Image(np.array(values, dtype), np.eye(4), dtype=dtype), path)
        if cut is not None:
            path.write_bytes(path.read_bytes()[:cut])

    return write


class Canary:
    """Unpickled, it makes a file."""

    def __reduce__(self):
        return (os.mkdir, ("ran",))


def npz(**changed):
    def write(path):
        x, y = PIXELS[None], np.array([[0]])
        arrays = {
            f"{part}_{what}": v for part in ("train", "val", "test") for what, v in (("images", x), ("labels", y))
        }
        np.savez(path, **{name: value for name, value in {**arrays, **changed}.items() if value is not None})

    return write


def zip_with_paths_above(path):
    npz()(path)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("../outside.npy", b"x")
        archive.writestr("../../outside.txt", b"x")


def parquet_cut_short(path):
    pd = pytest.importorskip("pandas")
    pytest.importorskip("pyarrow", reason="needs the extra 'data'")
    pd.DataFrame({"x": [1.0], "y": ["a"]}).to_parquet(path)
    path.write_bytes(path.read_bytes()[:-20])


def h5ad(change):
    def write(path):
        anndata = pytest.importorskip("anndata", reason="needs the extra 'data'")
        import pandas as pd

        obs = pd.DataFrame({"y": ["a", "b"] * 10}, index=[f"c{i}" for i in range(20)])
        made = anndata.AnnData(np.random.default_rng(0).random((20, 3)).astype(np.float32), obs=obs)
        change(made)
        made.write_h5ad(path)

    return write


def holes(made):
    made.X[3, 1] = np.nan


def cells(path):
    return Dataset.from_anndata(path, label="y")


def genbank(change):
    text = (
        "LOCUS       REC1                      20 bp    DNA     linear   UNK 01-JAN-1980\nDEFINITION  x.\nACCESSION   REC1\n"
        "FEATURES             Location/Qualifiers\n     CDS             3..11\n                     /gene=\"abc\"\n"
        "ORIGIN\n        1 acgtacgtac gtacgtacgt\n//\n"
    )  # fmt: skip
    return change(text)


def gb(path):
    _, found = read_genbank(path)
    return list(zip(found.starts.tolist(), found.ends.tolist(), found.names.tolist(), strict=True))


# ---- fetching -------------------------------------------------------------------------------------------------------

SERVED = b"what the publisher has\n" * 1000


@contextmanager
def publisher(body, length):
    asked = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_response(200)
            self.send_header("Content-Length", str(length))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/rows.csv", asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def shelf(folder, url, sums=None):
    (folder / "shelf").mkdir(exist_ok=True)
    sums = sums or {"sha256": hashlib.sha256(SERVED).hexdigest()}
    entry = ", ".join(f"{kind}: '{value}'" for kind, value in sums.items())
    facts = (
        f"name: x\nsource: here\nobtain: Ask the publisher.\nfiles:\n  - {{name: rows.csv, {entry}, url: '{url}'}}\n"
    )
    (folder / "shelf" / "card.md").write_text(f"---\n{facts}---\n")
    return read_card(folder / "shelf")


def fetched(body, length=None, sums=None):
    def read(path):
        with publisher(body, len(body) if length is None else length) as (url, _):
            return card_file(shelf(path.parent, url, sums), "rows.csv").read_bytes()

    return read


def processes(folder, code, n):
    program = textwrap.dedent(code)
    running = [
        subprocess.Popen([sys.executable, "-W", "error", "-c", program], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(n)
    ]  # fmt: skip
    ended = [(*process.communicate(timeout=120), process.returncode) for process in running]
    assert [code for _, _, code in ended] == [0] * n, ended
    return [out.strip() for out, _, _ in ended]


def two_fetch_at_once(path):
    with publisher(SERVED, len(SERVED)) as (url, asked):
        shelf(path.parent, url)
        code = """
            from pathlib import Path
            from deepbio.datasets import read_card
            from deepbio.datasets.fetch import card_file
            print(len(card_file(read_card(Path("shelf")), "rows.csv").read_bytes()))
        """
        return processes(path.parent, code, 2), len(asked)


def two_encode_at_once(path):
    code = f"""
        from deepbio.genome import open_genome
        print(open_genome({path.name!r}).codes.sum())
    """
    found = processes(path.parent, code, 2)
    return found == [str(int(open_genome(path).codes.sum()))] * 2


def limited(path):
    """Encode a genome in a process that may write files of 64 KiB only, then again without the limit."""
    code = f"""
        import resource, signal
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (65536, resource.RLIM_INFINITY))
        from deepbio.genome import open_genome
        from deepbio.errors import DeepbioError
        try:
            open_genome({path.name!r})
        except DeepbioError as error:
            print(str(error).startswith("Cannot write"))
    """
    said = processes(path.parent, code, 1)
    return said, list((path.parent / "cache").rglob("codes.u8")), len(open_genome(path)["chr1"])


def killed_while_encoding(path):
    """A process that dies half way leaves nothing that a later one takes for whole."""
    code = f"""
        import os
        from deepbio.genome import encoded
        encoded.encode = lambda letters: os._exit(0)
        encoded.open_genome({path.name!r})
    """
    processes(path.parent, code, 1)
    return genome(path)


def fetched_onto_a_full_disk(path):
    """Fetch in a process that may write files of 8 KiB only, then again without the limit."""
    code = """
        import resource, signal
        from pathlib import Path
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (8192, resource.RLIM_INFINITY))
        from deepbio.datasets import read_card
        from deepbio.datasets.fetch import card_file
        from deepbio.errors import DeepbioError
        try:
            card_file(read_card(Path("shelf")), "rows.csv")
        except DeepbioError as error:
            print(str(error).startswith("Cannot write"), "rows.csv" in str(error))
    """
    with publisher(SERVED, len(SERVED)) as (url, _):
        card = shelf(path.parent, url)
        said = processes(path.parent, code, 1)
        left = [file.name for file in (path.parent / "cache").rglob("*") if file.is_file()]
        return said, left, card_file(card, "rows.csv").read_bytes()


def full(path):
    """A device that is always full, where there is one."""
    if not Path("/dev/full").exists():
        pytest.skip("needs /dev/full")
    from deepbio.files import write_atomically

    with write_atomically(path), Path("/dev/full").open("w") as file:
        file.write("x" * 100_000)


# ---- the table ------------------------------------------------------------------------------------------------------

A = {"a": "ACGT"}
TABLE = {
    # FASTA
    "FASTA: Windows line ends": Row("a.fa", b">a\r\nAC\r\nGT\r\n", fasta, lambda x: x == A),
    "FASTA: old Mac line ends": Row("a.fa", b">a\rAC\rGT\r", fasta, lambda x: x == A),
    "FASTA: byte order mark": Row("a.fa", b"\xef\xbb\xbf>a\nACGT\n", fasta, lambda x: x == A),
    "FASTA: tabs and spaces in the sequence": Row("a.fa", b">a\nAC\tG T\n", fasta, lambda x: x == A),
    "FASTA: no newline at the end": Row("a.fa", b">a\nACGT", fasta, lambda x: x == A),
    "FASTA: plain with a gzip name": Row("a.fa.gz", b">a\nACGT\n", fasta, lambda x: x == A),
    "FASTA: gzip with a plain name": Row("a.fa", gzip.compress(b">a\nACGT\n"), fasta, lambda x: x == A),
    "FASTA: two gzip members": Row("a.fa.gz", gzip.compress(b">a\nAC") + gzip.compress(b"GT\n"), fasta, lambda x: x == A),
    "FASTA: truncated gzip": Row("a.fa.gz", gzip.compress(GENOME.encode())[:-9], fasta, r"a\.fa\.gz: the gzip file ends too early"),
    "FASTA: damaged gzip": Row("a.fa.gz", gzip.compress(b">a\nACGT\n")[:12] + b"\xff" * 30, fasta, r"a\.fa\.gz: the gzip file (?:is damaged|ends too early)"),
    "FASTA: a name twice": Row("a.fa", b">a\nA\n>b\nC\n>a\nG\n", fasta, r"a\.fa, line 5: the record name 'a' occurs twice"),
    "FASTA: protein": Row("a.fa", b">a\nACGT\nACEF\n", fasta, r"a\.fa, line 3, record 'a': .*'E'.*protein"),
    "FASTA: gaps": Row("a.fa", b">a\nAC-GT\n", fasta, r"a\.fa, line 2, record 'a': .*gaps"),
    "FASTA: a record without sequence": Row("a.fa", b">a\n>b\nAC\n", fasta, r"a\.fa, line 1, record 'a': expected a sequence"),
    "FASTA: no header": Row("a.fa", b"ACGT\n", fasta, r"a\.fa, line 1: expected a FASTA header"),
    "FASTA: a zip archive": Row("a.fa", b"PK\x03\x04rest", fasta, r"a\.fa: expected plain or gzip.*zip archive"),
    "FASTA: UTF-16": Row("a.fa", ">a\nACGT\n".encode("utf-16"), fasta, r"a\.fa: .*UTF-16"),
    "FASTA: empty": Row("a.fa", b"", fasta, r"a\.fa: the file is empty"),
    "FASTA: truncated gzip of a genome": Row("g.fa.gz", gzip.compress(GENOME.encode() * 9)[:-9], genome, r"g\.fa\.gz: the gzip file ends too early"),
    "FASTA: a genome with a name twice": Row("g.fa", (GENOME * 2).encode(), genome, r"g\.fa, line 5: the record name 'chr1' occurs twice"),
    # FASTQ
    "FASTQ: cut short": Row("a.fq", b"@a\nAC\n+\nII\n@b\nAC\n", read_fastq, r"a\.fq, line 5, read 'b': expected four lines"),
    "FASTQ: fewer qualities than bases": Row("a.fq", b"@a\nAC\n+\nI\n", read_fastq, r"a\.fq, line 1, read 'a': .*2 bases, 1 qualities"),
    "FASTQ: taken for FASTA": Row("a.fa", b"@a\nAC\n+\nII\n", fasta, r"a\.fa, line 1: .*This looks like FASTQ"),
    # BED, GTF, bigWig
    "BED: past the chromosome's end": Row("a.bed", b"chr2\t1\t9\nchr2\t60\t71\n", windows(read_bed), r"a\.bed, line 2: chr2:60-71 ends beyond"),
    "BED: negative": Row("a.bed", b"chr1\t-5\t9\n", windows(read_bed), r"a\.bed, line 1: .*negative"),
    "BED: reversed": Row("a.bed", b"#x\nchr1\t9\t5\n", windows(read_bed), r"a\.bed, line 2: .*reversed"),
    "BED: spaces for tabs": Row("a.bed", b"chr1 8 16\n", windows(read_bed), lambda x: x == ["ACGTACGT"]),
    "BED: Windows line ends": Row("a.bed", b"chr1\t8\t16\r\n", windows(read_bed), lambda x: x == ["ACGTACGT"]),
    "BED: off the start of a chromosome": Row("a.bed", b"chr1\t0\t2\n", windows(read_bed), lambda x: x == ["NNNACGTA"]),
    "BED: names of another assembly": Row("a.bed", b"chr01\t8\t16\n", windows(read_bed), r"a\.bed, line 1: .*Did you mean chr1"),
    "BED: numbers with decimals": Row("a.bed", b"chr1\t8.0\t16\n", windows(read_bed), r"a\.bed, line 1: expected a whole number"),
    "BED: a header line of columns": Row("a.bed", b"chrom\tstart\tend\nchr1\t8\t16\n", windows(read_bed), r"a\.bed, line 1: expected a whole number; found 'start'"),
    "GTF: place 0, though GTF counts from 1": Row("a.gtf", b'chr1\tx\tgene\t0\t9\t.\t+\t.\tgene_id "g";\n', windows(read_gtf), r"a\.gtf, line 1: .*negative"),
    "GTF: spaces for tabs": Row("a.gtf", b"chr1 x gene 1 9 . + . g\n", windows(read_gtf), r"a\.gtf, line 1: expected 9 columns"),
    # VCF
    "VCF: unsorted": Row("a.vcf", f"{VCF}chr2\t2\t.\tA\tC\t.\t.\t.\nchr1\t1\t.\tA\tG\t.\t.\t.\n".encode(), variants, lambda x: x == ["chr2:2:A>C", "chr1:1:A>G"]),
    "VCF: without header": Row("a.vcf", b"chr1\t1\t.\tA\tG\t.\t.\t.\n", variants, r"a\.vcf, line 1: expected the header line of a VCF"),
    "VCF: another reference": Row("a.vcf", f"{VCF}chr1\t1\t.\tT\tG\t.\t.\t.\n".encode(), variants, r"a\.vcf, line 3: the reference allele of chr1:1 is T; .*has A there"),
    "VCF: a position that is no number": Row("a.vcf", f"{VCF}chr1\t1e3\t.\tA\tG\t.\t.\t.\n".encode(), variants, r"a\.vcf, line 3: expected a whole number as POS"),
    "VCF: a quality that is no number": Row("a.vcf", f"{VCF}chr1\t1\t.\tA\tG\thigh\t.\t.\n".encode(), variants, r"a\.vcf, line 3: expected a number as QUAL"),
    "VCF: truncated gzip": Row("a.vcf.gz", gzip.compress(f"{VCF}chr1\t1\t.\tA\tG\t.\t.\t.\n".encode() * 50)[:-9], variants, r"a\.vcf\.gz: the gzip file ends too early"),
    "VCF: not UTF-8": Row("a.vcf", VCF.encode() + b"chr1\t1\trs\xff\tA\tG\t.\t.\t.\n", variants, r"a\.vcf, line 3: expected UTF-8"),
    "VCF: structural variants only": Row("a.vcf", f"{VCF}chr1\t1\t.\tA\t<DEL>\t.\t.\t.\n".encode(), variants, r"a\.vcf: there is no variant with bases"),
    "VCF: a BCF cut short": Row("a.bcf", gzip.compress(b"BCF\x02\x02\x10\x00\x00\x00"), variants, r"a\.bcf: the BCF file cannot be read"),
    # GenBank
    "GenBank: as it should be": Row("a.gb", genbank(str.encode), gb, lambda x: x == [(2, 11, "abc")]),
    "GenBank: a feature beyond the end": Row("a.gb", genbank(lambda t: t.replace("3..11", "3..99").encode()), gb, r"a\.gb.*(?:does not lie in|cannot be read)"),
    "GenBank: no sequence": Row("a.gb", genbank(lambda t: (t[: t.index("ORIGIN")] + "//\n").encode()), gb, r"a\.gb.*(?:no sequence|cannot be read)"),
    "GenBank: FASTA": Row("a.gb", b">a\nACGT\n", gb, r"a\.gb: expected a GenBank file"),
    # tables and notes
    "CSV: not UTF-8": Row("a.csv", b"x,y\n1,a\n2,\xe9\n", table, r"a\.csv, line 3: expected utf-8; byte 0xe9"),
    "CSV: byte order mark and Windows line ends": Row("a.csv", b"\xef\xbb\xbfx,y\r\n1,a\r\n", table, lambda x: x == [[1.0]]),
    "CSV: semicolons": Row("a.csv", b"x;y\n1;a\n", table, lambda x: x == [[1.0]]),
    "CSV: a row too long": Row("a.csv", b"x,y\n1,a\n2,b,c\n", table, r"a\.csv: expected 2 columns in every row"),
    "CSV: a column name twice": Row("a.csv", b"x,x,y\n1,2,a\n", table, r"a\.csv: the column name 'x' occurs 2 times"),
    "CSV: an empty cell": Row("a.csv", b"x,y\n1,a\n,b\n", table, r"a\.csv, row 2, column 'x': expected a number; the cell is empty"),
    "CSV: infinity": Row("a.csv", b"x,y\n1e99,a\n", table, r"a\.csv, row 1, column 'x': expected a finite number"),
    "CSV: header only": Row("a.csv", b"x,y\n", table, r"a\.csv: the table has a header and no rows"),
    "CSV: a workbook": Row("a.csv", b"PK\x03\x04workbook", table, r"a\.csv: .*zip archive"),
    "CSV: truncated gzip": Row("a.csv.gz", gzip.compress(b"x,y\n" + b"1,a\n" * 99)[:-5], table, r"a\.csv\.gz: the gzip file ends too early"),
    "JSON lines: cut short": Row("a.jsonl", b'{"x": 1, "y": "a"}\n{"x": 2, "y', table, r"a\.jsonl, line 2: expected one JSON object per line"),
    "JSON lines: one array": Row("a.jsonl", b'[{"x": 1, "y": "a"}]', table, r"a\.jsonl, line 1: expected a JSON object"),
    "JSON lines: nested": Row("a.jsonl", b'{"x": [1], "y": "a"}', table, r"a\.jsonl, line 1, key 'x': expected a plain value"),
    "Parquet: cut short": Row("a.parquet", parquet_cut_short, table, r"a\.parquet: expected a Parquet file"),
    "Parquet: text": Row("a.parquet", b"x,y\n1,a\n", table, r"a\.parquet: expected a Parquet file"),
    "notes: an empty line": Row("a.txt", b"Fever.\n\nCough.\n", read_notes, r"a\.txt, line 2: the line is empty"),
    # images
    "PNG: corrupt": Row("a.png", packed_image(PIXELS)[:40] + b"\xff" * 40, image, r"a\.png: (?:the image is damaged|expected a PNG)"),
    "PNG: cut short": Row("a.png", packed_image(np.random.default_rng(0).integers(0, 256, (64, 64), np.uint8))[:900], image, r"a\.png: the image is damaged"),
    "PNG: 16 bits, no window": Row("a.png", packed_image(PIXELS.astype(np.uint16) * 257), image, r"a\.png: expected 8 bits per pixel"),
    "PNG: 16 bits through a window": Row("a.png", packed_image(PIXELS.astype(np.uint16) * 257), lambda p: read_images(p, window="full")[0], lambda x: (x[..., 0] == PIXELS).all()),
    "PNG: palette": Row("a.png", packed_image(Image.fromarray(PIXELS).convert("RGB").convert("P", palette=Image.Palette.ADAPTIVE)), image, lambda x: (x == PIXELS[..., None]).all()),
    "PNG: one bit a pixel": Row("a.png", packed_image(Image.fromarray(PIXELS > 17)), image, lambda x: (x[..., 0] == (PIXELS > 17) * 255).all()),
    "PNG: partly transparent": Row("a.png", packed_image(np.dstack([PIXELS] * 4)), image, r"a\.png: the image is partly transparent"),
    "JPEG: in CMYK": Row("a.jpg", packed_image(Image.new("CMYK", (7, 5)), "JPEG"), image, lambda x: (x == 255).all()),
    "TIFF: several pages": Row("a.tif", packed_image(Image.fromarray(PIXELS), "TIFF", save_all=True, append_images=[Image.fromarray(PIXELS)]), image, r"a\.tif: expected one image; the file has 2 pages"),
    "PNG: a GIF inside": Row("a.png", packed_image(PIXELS, "GIF"), image, lambda x: (x[..., 0] == PIXELS).all()),
    # DICOM
    "DICOM: as it should be": Row("a.dcm", dicom(), read_dicom, lambda x: x.squeeze().tolist() == [0, 128, 255]),
    "DICOM: MONOCHROME1": Row("a.dcm", dicom(PhotometricInterpretation="MONOCHROME1"), read_dicom, lambda x: x.squeeze().tolist() == [255, 127, 0]),
    "DICOM: slope and intercept": Row("a.dcm", dicom(RescaleSlope=2, RescaleIntercept=-200), read_dicom, lambda x: x.squeeze().tolist() == [0, 0, 255]),
    "DICOM: without pixels": Row("a.dcm", dicom(PixelData=None), read_dicom, r"a\.dcm: this DICOM file contains no image \(it lacks pixels"),
    "DICOM: a report": Row("a.dcm", dicom(PixelData=None, Rows=None, Columns=None, Modality="SR"), read_dicom, r"a\.dcm: this DICOM file contains no image .*its modality is SR"),
    "DICOM: pixels cut short": Row("a.dcm", dicom(PixelData=b"\0\0"), read_dicom, r"a\.dcm, frame 1: the pixels cannot be decoded"),
    "DICOM: text": Row("a.dcm", b"no image", read_dicom, r"a\.dcm: expected a DICOM file"),
    # NIfTI
    "NIfTI: NaN": Row("a.nii", nifti([[[1, np.nan]]]), lambda p: read_nifti(p, window="full"), r"a\.nii, slice 2: 1 voxel\(s\) are NaN"),
    "NIfTI: NaN made low": Row("a.nii", nifti([[[1, np.nan]]]), lambda p: read_nifti(p, window=(0.5, 1), missing="low"), lambda x: x.squeeze().tolist() == [255, 0]),
    "NIfTI: no stated range": Row("a.nii", nifti([[[1, 2]]], np.int16), read_nifti, r"a\.nii: the file does not say which grey values to show"),
    "NIfTI: four axes": Row("a.nii", nifti([[[[1, 2]]]], np.int16), read_nifti, r"a\.nii: expected a volume of three axes"),
    "NIfTI: cut short": Row("a.nii", nifti(np.zeros((9, 9, 9)), cut=600), lambda p: read_nifti(p, window="full"), r"a\.nii: the volume is cut short"),
    "NIfTI: truncated gzip": Row("a.nii.gz", nifti(np.random.default_rng(0).random((9, 9, 9)), cut=600), lambda p: read_nifti(p, window="full"), r"a\.nii\.gz: .*(?:cut short|cannot be read)"),
    # archives
    "npz: a pickle": Row("a.npz", npz(val_labels=np.array([Canary()], dtype=object)), read_npz, r"a\.npz: the array 'val_labels' is not read: it contains Python objects"),
    "npz: zip with ../ names": Row("a.npz", zip_with_paths_above, read_npz, lambda x: (x["test"].images[0, ..., 0] == PIXELS).all()),
    "npz: an array missing": Row("a.npz", npz(test_labels=None), read_npz, r"a\.npz: expected an array 'test_labels'"),
    "npz: pixels as fractions": Row("a.npz", npz(train_images=PIXELS[None] / 255), read_npz, r"a\.npz: train_images must be uint8"),
    "npz: cut short": Row("a.npz", b"PK\x03\x04 the rest is missing", read_npz, r"a\.npz: expected a NumPy archive"),
    "npz: a pickle alone": Row("a.npz", b"\x80\x04cos\nmkdir\n(Vran\ntR.", read_npz, r"a\.npz: expected a NumPy archive"),
    "h5ad: cut short": Row("a.h5ad", lambda p: (h5ad(lambda made: None)(p), p.write_bytes(p.read_bytes()[:3000])), cells, r"a\.h5ad: expected an AnnData file"),
    "h5ad: NaN": Row("a.h5ad", h5ad(holes), cells, r"a\.h5ad: Row 4, column 2: expected a finite number"),
    "h5ad: text": Row("a.h5ad", b"x,y\n", cells, r"a\.h5ad: expected an AnnData file"),
    # fetching and the cache
    "fetch: as it should be": Row("x", b"", fetched(SERVED), lambda x: x == SERVED),
    "fetch: md5 mismatch": Row("x", b"", fetched(b"other", sums={"md5": hashlib.md5(SERVED).hexdigest()}), r"rows\.csv could not be downloaded.*its MD5 should be"),
    "fetch: half a download": Row("x", b"", fetched(SERVED[:99], len(SERVED)), r"rows\.csv could not be downloaded.*Ask the publisher"),
    "fetch: a page instead of the file": Row("x", b"", fetched(b"<html>Sign in</html>"), r"rows\.csv could not be downloaded.*SHA-256 should be"),
    "fetch: two processes at once": Row("x", b"", two_fetch_at_once, lambda x: x == ([str(len(SERVED))] * 2, 1)),
    "fetch: the disk is full": Row("x", b"", fetched_onto_a_full_disk, lambda x: x == (["True True"], [".rows.csv.lock"], SERVED)),
    "cache: two processes encode a genome at once": Row("g.fa", b">chr1\n" + b"ACGT" * 500_000 + b"\n", two_encode_at_once, lambda same: same),
    "cache: a process dies while it encodes": Row("g.fa", b">a\nACGT\n", killed_while_encoding, lambda x: x == A),
    "cache: the disk is full while a genome is encoded": Row("g.fa", b">chr1\n" + b"ACGT" * 50_000 + b"\n", limited, lambda x: x == (["True"], [], 200_000)),
    "cache: the disk is full": Row("a.txt", None, full, r"Cannot write .*a\.txt: the disk is full"),
}  # fmt: skip


# What users of such programs meet most, each with the row that tries it.
MET = {
    "truncated gzip": "FASTA: truncated gzip",
    "CRLF": "FASTA: Windows line ends",
    "BOM": "FASTA: byte order mark",
    "tabs in FASTA": "FASTA: tabs and spaces in the sequence",
    "duplicated record names": "FASTA: a name twice",
    "BED past the chromosome end": "BED: past the chromosome's end",
    "negative intervals": "BED: negative",
    "reversed intervals": "BED: reversed",
    "unsorted VCF": "VCF: unsorted",
    "headerless VCF": "VCF: without header",
    "non-UTF-8 CSV": "CSV: not UTF-8",
    "corrupt PNG": "PNG: corrupt",
    "16-bit PNG": "PNG: 16 bits, no window",
    "palette PNG": "PNG: palette",
    "DICOM without pixels": "DICOM: without pixels",
    "MONOCHROME1": "DICOM: MONOCHROME1",
    "NIfTI with NaN": "NIfTI: NaN",
    "npz holding a pickle": "npz: a pickle",
    "zip with ../ names": "npz: zip with ../ names",
    "md5 mismatch": "fetch: md5 mismatch",
    "half a download": "fetch: half a download",
    "disk full": "fetch: the disk is full",
    "disk full while a genome is encoded": "cache: the disk is full while a genome is encoded",
    "two processes at once": "fetch: two processes at once",
}


def test_the_table_has_at_least_sixty_rows_and_what_is_met_most():
    assert len(TABLE) >= 60
    assert set(MET.values()) <= set(TABLE)


@pytest.mark.parametrize("case", TABLE)
def test_a_file_gives_the_right_data_or_one_clear_error(tmp_path, monkeypatch, case):
    row = TABLE[case]
    inside = tmp_path / "data"
    inside.mkdir()
    monkeypatch.chdir(inside)
    monkeypatch.setenv("DEEPBIO_CACHE", str(inside / "cache"))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
    for name in ("DEEPBIO_MIRROR", "DEEPBIO_OFFLINE"):
        monkeypatch.delenv(name, raising=False)
    path = inside / row.name
    if callable(row.content):
        row.content(path)
    elif row.content is not None:
        path.write_bytes(row.content)
    if callable(row.outcome):
        assert row.outcome(row.read(path))
    else:
        with pytest.raises(DeepbioError, match=row.outcome) as caught:
            row.read(path)
        assert "Traceback" not in str(caught.value)
    assert not list(tmp_path.rglob("ran")), "code in the file was run"
    assert [file.name for file in tmp_path.iterdir()] == ["data"], "a file was written outside its folder"
    assert not list(inside.rglob(".writing-*")), "a file was left half written"
    for codes in (inside / "cache").rglob("codes.u8"):
        assert codes.stat().st_size == sum(n for _, n in json.loads((codes.parent / "index.json").read_text()))
    for file in (inside / "cache").rglob("rows.csv"):
        assert file.read_bytes() == SERVED


def test_the_canary_runs_where_a_pickle_is_loaded(tmp_path, monkeypatch):
    import pickle

    monkeypatch.chdir(tmp_path)
    pickle.loads(pickle.dumps(Canary()))
    assert (tmp_path / "ran").is_dir()

"""`Format`, and the files of tables, genomes and cells: the starting points of the mutation fuzzers."""

import gzip
import json
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from tests.fuzz.mutate import Kind


class Format(NamedTuple):
    """`make(folder)` writes a valid file and returns its path; `read(path)` returns data or raises `DeepbioError`."""

    make: Callable[[Path], Path]
    read: Callable[[Path], Any]
    kind: Kind = "bytes"
    starts_process: bool = False


def text_file(name: str, content: str, *, packed: bool = False) -> Callable[[Path], Path]:
    """Return a function that writes a file of text, plain or gzip."""

    def make(folder: Path) -> Path:
        path = folder / name
        path.write_bytes(gzip.compress(content.encode()) if packed else content.encode())
        return path

    return make


def _csv(path: Path) -> Any:
    from deepbio.datasets import Dataset

    return Dataset.from_csv(path, label="dx", features=["age", "sex"])  # type: ignore


def _notes(path: Path) -> Any:
    from deepbio.datasets import Dataset

    return Dataset.from_csv(path, label="dx", text="note", group="patient")  # type: ignore


def _fasta(path: Path) -> Any:
    from deepbio.datasets.readers import read_fasta

    return read_fasta(path)


def _fastq(path: Path) -> Any:
    from deepbio.datasets.readers import read_fastq

    return read_fastq(path)


def _bed(path: Path) -> Any:
    from deepbio.genome import read_bed

    return read_bed(path)


def _gtf(path: Path) -> Any:
    from deepbio.genome import read_annotation, read_gtf

    return read_gtf(path), read_annotation(path)


def _genes(path: Path) -> Any:
    from deepbio.genome import read_annotation

    return read_annotation(path)


def _genbank(path: Path) -> Any:
    from deepbio.genome import read_genbank

    return read_genbank(path)


def _vcf(path: Path) -> Any:
    from deepbio.genome import VcfFile, read_vcf

    return list(VcfFile(path).records()), read_vcf(path, info=["DP"])


def _ontology(path: Path) -> Any:
    from deepbio.text.ontology import read_ontology

    return read_ontology(path)


def _word_vectors(path: Path) -> Any:
    from deepbio.text.word_vectors import read_word_vectors

    return read_word_vectors(path, ["fever", "rash", "cough"])


def _make_bcf(folder: Path) -> Path:
    import pysam

    (folder / "a.vcf").write_text(_VCF)
    with (
        pysam.VariantFile(str(folder / "a.vcf")) as source,
        pysam.VariantFile(str(folder / "a.bcf"), "wb", header=source.header) as target,
    ):
        for record in source:
            target.write(record)
    return folder / "a.bcf"


def _make_genbank(folder: Path) -> Path:
    from Bio import SeqIO
    from Bio.Seq import Seq
    from Bio.SeqFeature import FeatureLocation, SeqFeature
    from Bio.SeqRecord import SeqRecord

    record = SeqRecord(Seq("ACGT" * 40), id="NC_1.1", name="NC_1", annotations={"molecule_type": "DNA"})
    for start, strand in ((3, 1), (60, -1)):
        where = FeatureLocation(start, start + 30, strand=strand)
        record.features.append(SeqFeature(where, type="CDS", qualifiers={"locus_tag": [f"g{start}"]}))
    SeqIO.write(record, folder / "a.gb", "genbank")
    return folder / "a.gb"


def _make_parquet(folder: Path) -> Path:
    import pandas as pd

    rows = {"age": [float(i % 60) for i in range(60)], "sex": [i % 2 for i in range(60)], "dx": ["ill", "well"] * 30}
    pd.DataFrame(rows).to_parquet(folder / "a.parquet")
    return folder / "a.parquet"


def _make_h5ad(folder: Path) -> Path:
    import anndata

    anndata.AnnData(np.arange(24, dtype=np.float32).reshape(6, 4)).write_h5ad(folder / "a.h5ad")
    return folder / "a.h5ad"


def _h5ad(path: Path) -> Any:
    from deepbio.datasets.readers.anndata import read_cells

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return read_cells(path)


def _make_bigwig(folder: Path) -> Path:
    import pybigtools

    pybigtools.open(str(folder / "a.bw"), "w").write(
        {"chr1": 900}, iter([("chr1", i, i + 1, float(i)) for i in range(600)])
    )
    return folder / "a.bw"


def _bigwig(path: Path) -> Any:
    from deepbio.genome.tracks import track_sizes, track_values
    from deepbio.isolated import isolated

    isolated(track_sizes, path, imports=["pybigtools"])
    where = {"names": np.array(["chr1"] * 4), "starts": np.array([0, 100, 500, 850]), "width": 100}
    return isolated(track_values, path, imports=["pybigtools"], **where)


_ROWS = "id,age,sex,dx\n" + "".join(f"p{i},{20 + i},{i % 2},{'ill' if i % 3 else 'well'}\n" for i in range(60))
_NOTES = "patient,note,dx\n" + "".join(
    f'p{i % 15},"Fever and cough for {i} days, no rash.\nSaw Dr A.",{"ab"[i % 2]}\n' for i in range(60)
)
_JSON_LINES = "".join(json.dumps({"age": i, "sex": i % 2, "dx": "ab"[i % 2]}) + "\n" for i in range(60))
_FASTA = ">a one\nACGTNACGT\nACGT\n>b\nTTTTACGTAC\n"
_FASTQ = "@read1\nACGN\n+\nII5!\n@read2\nTTGA\n+read2\nIIII\n"
_BED = "chr1\t10\t20\tx\t0\t+\nchr2\t5\t9\ty\t0\t-\n"
_GTF = "#!genome-build GRCh38\n" + "".join(
    f'chr{c}\tHAVANA\t{kind}\t{start}\t{end}\t.\t{"+-"[c - 1]}\t.\tgene_id "G{c}"; gene_name "A{c}"; transcript_id "T{c}";\n'
    for c in (1, 2)
    for kind, start, end in (("gene", 11, 90), ("transcript", 11, 90), ("exon", 11, 30), ("exon", 51, 90))
)
_GFF3 = "##gff-version 3\n" + "".join(
    f"chr1\tx\t{kind}\t{start}\t{end}\t.\t+\t.\t{facts}\n"
    for kind, start, end, facts in (
        ("gene", 11, 90, "ID=gene:G1;Name=A1;gene_id=G1"),
        ("mRNA", 11, 90, "ID=transcript:T1;Parent=gene:G1;transcript_id=T1"),
        ("exon", 11, 30, "Parent=transcript:T1"),
        ("exon", 51, 90, "Parent=transcript:T1"),
    )
)
_SPLICEAI = (
    "#NAME\tCHROM\tSTRAND\tTX_START\tTX_END\tEXON_START\tEXON_END\nA1\t1\t+\t10\t90\t10,50,\t30,90,\n"
    "A2\t2\t-\t5\t60\t5,40,\t20,60,\n"
)
_JUNCTIONS = 'gene_id,chr,strand,start,end,jn_start,jn_end\nA1,1,+,11,90,"31,","50,"\nA2,2,-,6,60,"21,30","40,50"\n'
_VCF = (
    "##fileformat=VCFv4.2\n##contig=<ID=chr1,length=1000>\n"
    '##INFO=<ID=DP,Number=1,Type=Integer,Description="Depth">\n##FILTER=<ID=PASS,Description="All filters passed">\n'
    "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
    "chr1\t10\t.\tA\tC\t.\tPASS\t.\nchr1\t20\trs1\tAC\tA,AG\t9\t.\tDP=3\n"
)
_OBO = (
    "format-version: 1.2\ndata-version: hp/releases/2024-01-01\n\n[Term]\nid: HP:0000001\nname: All\n\n[Term]\n"
    'id: HP:0001945\nname: Fever\nsynonym: "Pyrexia" EXACT [x:1]\nis_a: HP:0000001 ! All\n\n[Typedef]\nid: x\nname: y\n'
)
_VECTORS = "3 3\nfever 0.1 0.2 0.3\nrash 1 0 0\nCough -1e-3 2 3\n"

DATA_FORMATS: dict[str, Format] = {
    "csv": Format(text_file("a.csv", _ROWS), _csv, "text"),
    "csv.gz": Format(text_file("a.csv.gz", _ROWS, packed=True), _csv, "gzip"),
    "notes csv": Format(text_file("a.csv", _NOTES), _notes, "text"),
    "jsonl": Format(text_file("a.jsonl", _JSON_LINES), _csv, "text"),
    "parquet": Format(_make_parquet, _csv),
    "h5ad": Format(_make_h5ad, _h5ad, starts_process=True),
    "fasta": Format(text_file("a.fa", _FASTA), _fasta, "text"),
    "fasta.gz": Format(text_file("a.fa.gz", _FASTA, packed=True), _fasta, "gzip"),
    "fastq": Format(text_file("a.fq", _FASTQ), _fastq, "text"),
    "genbank": Format(_make_genbank, _genbank, "text"),
    "bed": Format(text_file("a.bed", _BED), _bed, "text"),
    "gtf": Format(text_file("a.gtf", _GTF), _gtf, "text"),
    "gff3": Format(text_file("a.gff3", _GFF3), _genes, "text"),
    "SpliceAI's gene table": Format(text_file("a.txt", _SPLICEAI), _genes, "text"),
    "CI-SpliceAI's gene table": Format(text_file("a.csv", _JUNCTIONS), _genes, "text"),
    "vcf": Format(text_file("a.vcf", _VCF), _vcf, "text"),
    "vcf.gz": Format(text_file("a.vcf.gz", _VCF, packed=True), _vcf, "gzip"),
    "bcf": Format(_make_bcf, _vcf, "bgzip"),
    "bigwig": Format(_make_bigwig, _bigwig, starts_process=True),
    "obo": Format(text_file("hp.obo", _OBO), _ontology, "text"),
    "word vectors": Format(text_file("a.vec", _VECTORS), _word_vectors, "text"),
}

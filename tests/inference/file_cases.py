"""Files of every kind that a data set can be built from, and the options with which they are read."""

import json

import numpy as np
import pandas as pd
import pytest
from PIL import Image

MADE = {}  # a name of files to the function that writes them to a folder


def _writes(function):
    MADE[function.__name__] = function
    return function


@_writes
def table(folder):
    draw = np.random.default_rng(0)
    rows = [
        f"v{i};{draw.normal():.3f};{'fm'[i % 2]};{'' if i % 7 == 0 else i % 5};{'ill' if i % 3 else 'well'}"
        for i in range(60)
    ]
    text = "name;level;sex;stage;dx\n" + "\n".join(rows) + "\n"
    (folder / "table.csv").write_text(text)
    (folder / "comma.csv").write_text(text.replace(".", ","))
    (folder / "question.csv").write_text("\n".join(row.replace(";;", ";?;") for row in text.splitlines()))
    (folder / "headerless.csv").write_text(text.split("\n", 1)[1])
    (folder / "utf16.csv").write_text(text.replace("level", "größe"), encoding="utf-16")
    lines = [
        dict(zip(("name", "level", "dx"), (a, float(b), e), strict=True))
        for a, b, _, _, e in (r.split(";") for r in rows)
    ]
    (folder / "table.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    pd.DataFrame(lines).to_csv(folder / "table.tsv.gz", sep="\t", index=False)
    odd = [
        f"1.{i:03},5:<{i}:{i % 28 + 1:02}/03/2020:{('A;B', 'C')[i % 2]}:{i % 2}:{(-1, 0, 1)[i % 3]}"
        for i in range(1, 61)
    ]
    (folder / "odd.txt").write_text("cost:crp:seen:codes:a:b\n" + "\n".join(odd) + "\n")


@_writes
def parquet(folder):
    pytest.importorskip("pyarrow", reason="needs the extra 'data'")
    draw = np.random.default_rng(6)
    frame = pd.DataFrame({"level": draw.normal(size=60), "sex": ["f", "m", None] * 20, "dx": ["ill", "well"] * 30})
    frame.to_parquet(folder / "table.parquet")


@_writes
def notes(folder):
    words = ("fever", "cough", "rash", "no", "pain", "denies")
    draw = np.random.default_rng(1)
    rows = [f"n{i},{' '.join(draw.choice(words, 6))} {i},{'flu' if i % 2 else 'hives'}" for i in range(60)]
    (folder / "notes.csv").write_text("id,transcription,dx\n" + "\n".join(rows) + "\n")


@_writes
def dna(folder):
    draw = np.random.default_rng(2)
    bases = {f"chr{i}": "".join(draw.choice(list("ACGT"), 500)) for i in range(1, 5)}
    (folder / "g.fa").write_text("".join(f">{name}\n{s}\n" for name, s in bases.items()))
    for label, shift in (("open", 0), ("closed", 10)):
        spans = [(name, s + shift) for name in bases for s in range(0, 460, 20)]
        rows = [f"{name}\t{s}\t{s + 9}\tx\t{s / 7:.2f}\t{'+-'[s // 20 % 2]}\n" for name, s in spans]
        (folder / f"{label}.bed").write_text("".join(rows))
        (folder / f"{label}.narrowPeak").write_text(
            "".join(f"{row.rstrip()}\t1\t2\t3\t{i % 8}\n" for i, row in enumerate(rows))
        )
        genes = [f'{name}\tx\tgene\t{start + 1}\t{start + 9}\t.\t+\t.\tgene_id "g";\n' for name, start in spans]
        (folder / f"{label}.gtf").write_text("".join(genes))
        reads = [f">{label}{i}\n{''.join(draw.choice(list('ACGT'), 20 + i % 9))}\n" for i in range(30)]
        (folder / f"{label}.fa").write_text("".join(reads))
        (folder / f"{label}.fq").write_text(
            "".join(f"@{r[1:].rstrip()}\n+\n{'I' * len(r.split()[1])}\n" for r in reads)
        )
    head = '##fileformat=VCFv4.3\n##INFO=<ID=SIG,Number=1,Type=String,Description="x">\n'
    head += "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
    rows = [
        f"{name}\t{p}\t.\t{s[p - 1]}\t{'C' if s[p - 1] == 'A' else 'A'}\t.\t.\tSIG={'bad' if p % 2 else 'good'}\n"
        for name, s in bases.items()
        for p in range(21, 480, 9)
    ]
    (folder / "a.vcf").write_text(head + "".join(rows))
    rows = [
        f"d{i},{'acgt'[i % 4] * (i % 5)}{''.join(draw.choice(list('ACGT'), 20))},{'ab'[i % 2]}\n" for i in range(60)
    ]
    (folder / "reads.csv").write_text("name,dna,kind\n" + "".join(rows))
    sequence = "".join(draw.choice(list("acgt"), 3000))
    features = "".join(f"     {('CDS', 'tRNA')[i % 2]:<16}{20 + 90 * i}..{49 + 90 * i}\n" for i in range(32))
    record = "LOCUS       R1                      3000 bp    DNA     linear   UNK 01-JAN-1980\nACCESSION   R1\n"
    record += f"FEATURES             Location/Qualifiers\n{features}ORIGIN\n        1 {sequence}\n//\n"
    (folder / "r.gb").write_text(record)


@_writes
def images(folder):
    draw = np.random.default_rng(3)
    rows = []
    for i in range(60):
        label = ("bleed", "none")[i % 2]
        (folder / "grey" / label).mkdir(parents=True, exist_ok=True)
        (folder / "deep" / label).mkdir(parents=True, exist_ok=True)
        values = draw.integers(0, 4000, (6, 7), np.uint16)
        Image.fromarray((values >> 4).astype(np.uint8)).save(folder / "grey" / label / f"{i}.png")
        Image.fromarray(values).save(folder / "deep" / label / f"{i}.png")
        rows.append(f"s{i},deep/{label}/{i}.png,{label}\n")
    (folder / "list.csv").write_text("name,file,finding\n" + "".join(rows))
    arrays = {f"{part}_images": draw.integers(0, 256, (8, 6, 7), np.uint8) for part in ("train", "val", "test")}
    np.savez(folder / "a.npz", **arrays, **{f"{part}_labels": np.arange(8) % 2 for part in ("train", "val", "test")})


@_writes
def volumes(folder):
    nibabel = pytest.importorskip("nibabel", reason="needs the extra 'images'")
    draw = np.random.default_rng(5)
    for i in range(24):
        place = folder / "volumes" / ("bleed", "none")[i % 2]
        place.mkdir(parents=True, exist_ok=True)
        values = draw.normal(50, 30, (5, 6, 2)).astype(np.float32)
        values[0, i % 6, 0] = np.nan
        affine = np.eye(4)[[1, 0, 2, 3]] * [
            [-1],
            [1],
            [1],
            [1],
        ]  # the first axis runs to the front, the second to the left
        nibabel.save(nibabel.Nifti1Image(values, affine), place / f"{i}.nii.gz")


@_writes
def cells(folder):
    anndata = pytest.importorskip("anndata", reason="needs the extra 'data'")
    draw = np.random.default_rng(4)
    counts = draw.poisson(4, (60, 5)).astype(np.float32)
    obs = pd.DataFrame({"type": ["B", "T", "NK"] * 20}, index=[f"c{i}" for i in range(60)])
    found = anndata.AnnData(np.log1p(counts), obs=obs, var=pd.DataFrame(index=[f"g{i}" for i in range(5)]))
    found.layers["counts"] = counts
    found.obsm["X_pca"] = draw.normal(size=(60, 3)).astype(np.float32)
    found.raw = anndata.AnnData(counts * 2, obs=obs, var=pd.DataFrame(index=[f"g{i}" for i in range(5)]))
    found.write_h5ad(folder / "cells.h5ad")


CLASSES, WINDOW = {"label": "dx"}, {"window": (1500, 900)}
PEAKS = {"open": "open.narrowPeak", "closed": "closed.narrowPeak"}
COLONS = {"delimiter": ":", "decimal": ",", "thousands": "."}
CASES = {  # a name to files, kind of data set, path or paths, and options
    "a table": ("table", "csv", "table.csv", {**CLASSES, "features": ["level", "sex", "stage"]}),
    "a table with an id": ("table", "csv", "table.csv", {**CLASSES, "features": ["level"], "id": "name"}),
    "a decimal comma": ("table", "csv", "comma.csv", {**CLASSES, "features": ["level"], "decimal": ","}),
    "a mark of missing values": ("table", "csv", "question.csv", {**CLASSES, "features": ["level", "stage"], "missing": ["?"]}),
    "numbers as categories": ("table", "csv", "table.csv", {**CLASSES, "features": ["level", "stage"], "categories": ["stage"]}),
    "no header": (
        "table", "csv", "headerless.csv", {**CLASSES, "names": ["name", "level", "sex", "stage", "dx"], "features": ["level"]},
    ),
    "Parquet": ("parquet", "csv", "table.parquet", CLASSES),
    "tabs, gzip": ("table", "csv", "table.tsv.gz", {**CLASSES, "features": ["level"]}),
    "marks of decimals and thousands, a separator": ("table", "csv", "odd.txt", {**COLONS, "label": "a", "features": ["cost"]}),
    "below detection": ("table", "csv", "odd.txt", {**COLONS, "label": "a", "features": ["crp"], "censored": "half"}),
    "dates": ("table", "csv", "odd.txt", {**COLONS, "label": "a", "features": ["seen"], "dates": ["seen"], "date_format": "%d/%m/%Y"}),
    "lists of labels": ("table", "csv", "odd.txt", {**COLONS, "label": "codes", "features": ["cost"], "sep": ";"}),
    "uncertain labels": ("table", "csv", "odd.txt", {**COLONS, "targets": ["a", "b"], "features": ["cost"], "uncertain": "positive"}),
    "labels in another order": ("table", "csv", "table.csv", {**CLASSES, "features": ["level"], "labels": ["well", "ill"]}),
    "numbers to predict": ("table", "csv", "odd.txt", {**COLONS, "targets": ["cost"], "features": ["crp", "a"], "censored": "limit"}),
    "UTF-16": ("table", "csv", "utf16.csv", {**CLASSES, "features": ["größe"], "encoding": "utf-16"}),
    "JSON lines": ("table", "csv", "table.jsonl", {**CLASSES, "features": ["level"]}),
    "notes": ("notes", "csv", "notes.csv", {**CLASSES, "text": "transcription", "id": "id", "tokenizer": {"clinical": True}}),
    "notes of some tokens": ("notes", "csv", "notes.csv", {**CLASSES, "text": "transcription", "length": 4}),
    "sequences in a table": ("dna", "csv", "reads.csv", {"label": "kind", "sequence": "dna", "length": 18}),
    "FASTA": ("dna", "fasta", {"open": "open.fa", "closed": "closed.fa"}, {"length": 16}),
    "FASTQ": ("dna", "fasta", {"open": "open.fq", "closed": "closed.fq"}, {"length": 24}),
    "BED": ("dna", "bed", {"open": "open.bed", "closed": "closed.bed"}, {"length": 31}),
    "BED without strands": ("dna", "bed", {"open": "open.bed", "closed": "closed.bed"}, {"length": 30, "stranded": False}),
    "narrowPeak": ("dna", "bed", PEAKS, {"length": 25}),
    "middles of a narrowPeak": ("dna", "bed", PEAKS, {"length": 25, "summit": False}),
    "GTF": ("dna", "bed", {"open": "open.gtf", "closed": "closed.gtf"}, {"length": 25}),
    "scores of a BED": ("dna", "bed", "open.bed", {"length": 30, "label": "score", "stranded": False}),
    "VCF": ("dna", "vcf", "a.vcf", {"length": 30, "label": "SIG"}),
    "VCF of the reference": ("dna", "vcf", "a.vcf", {"length": 30, "label": "SIG", "allele": "reference"}),
    "GenBank": ("dna", "genbank", "r.gb", {"length": 40, "features": ["CDS", "tRNA"]}),
    "a folder": ("images", "folder", "grey", {}),
    "a folder of another size": ("images", "folder", "grey", {"shape": (5, 5, 3)}),
    "a folder through a window": ("images", "folder", "deep", {"window": (2000, 1000)}),
    "a folder of all grey values": ("images", "folder", "deep", {"window": "full"}),
    "a table of images": ("images", "manifest", "list.csv", {"image": "file", "label": "finding", "id": "name"} | WINDOW),
    "volumes by the axes of the body": (
        "volumes", "folder", "volumes", {"window": (50, 90), "orient": "RAS", "nan": "low", "shape": (5, 5, 1)},
    ),
    "an archive": ("images", "npz", "a.npz", {"labels": ["no", "yes"], "positive": "no"}),
    "cells": ("cells", "anndata", "cells.h5ad", {"label": "type"}),
    "genes in another order": ("cells", "anndata", "cells.h5ad", {"label": "type", "features": ["g3", "g1"]}),
    "a layer of cells": ("cells", "anndata", "cells.h5ad", {"label": "type", "layer": "counts"}),
    "raw values of cells": ("cells", "anndata", "cells.h5ad", {"label": "type", "layer": "raw"}),
    "an embedding of cells": ("cells", "anndata", "cells.h5ad", {"label": "type", "obsm": "X_pca"}),
}  # fmt: skip

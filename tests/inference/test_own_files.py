"""New files are read as those of training were: predictions by path equal those of the data set, and labels match by name."""

import json

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from deepbio.datasets import Dataset
from deepbio.errors import DataError
from deepbio.inference import predict
from deepbio.inference.inputs import as_source, as_split
from deepbio.zoo import describe, get_model
from deepbio.zoo.preset import save_preset

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
CASES = {
    "a table": ("table", "csv", "table.csv", {**CLASSES, "features": ["level", "sex", "stage"]}),
    "a table with an id": ("table", "csv", "table.csv", {**CLASSES, "features": ["level"], "id": "name"}),
    "a decimal comma": ("table", "csv", "comma.csv", {**CLASSES, "features": ["level"], "decimal": ","}),
    "a mark of missing values": ("table", "csv", "question.csv", {**CLASSES, "features": ["level", "stage"], "missing": ["?"]}),
    "numbers as categories": ("table", "csv", "table.csv", {**CLASSES, "features": ["level", "stage"], "categories": ["stage"]}),
    "no header": (
        "table", "csv", "headerless.csv", {**CLASSES, "names": ["name", "level", "sex", "stage", "dx"], "features": ["level"]},
    ),
    "UTF-16": ("table", "csv", "utf16.csv", {**CLASSES, "features": ["größe"], "encoding": "utf-16"}),
    "JSON lines": ("table", "csv", "table.jsonl", {**CLASSES, "features": ["level"]}),
    "notes": ("notes", "csv", "notes.csv", {**CLASSES, "text": "transcription", "id": "id", "tokenizer": {"clinical": True}}),
    "notes of some tokens": ("notes", "csv", "notes.csv", {**CLASSES, "text": "transcription", "length": 4}),
    "sequences in a table": ("dna", "csv", "reads.csv", {"label": "kind", "sequence": "dna", "length": 18}),
    "FASTA": ("dna", "fasta", {"open": "open.fa", "closed": "closed.fa"}, {"length": 16}),
    "FASTQ": ("dna", "fasta", {"open": "open.fq", "closed": "closed.fq"}, {"length": 24}),
    "BED": ("dna", "bed", {"open": "open.bed", "closed": "closed.bed"}, {"length": 31}),
    "BED without strands": ("dna", "bed", {"open": "open.bed", "closed": "closed.bed"}, {"length": 30, "stranded": False}),
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


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Write each set of files once."""
    folders = {}

    def make(name):
        if name not in folders:
            folders[name] = tmp_path_factory.mktemp(name)
            MADE[name](folders[name])
        return folders[name]

    return make


def _model(data, folder):
    """Return a model of random weights, from the preset that `fit` would write."""
    model = get_model("bag_of_words" if data.input.modality == "text" else "logistic", dataset=data, seed=0)
    draw = np.random.default_rng(0)
    model.set_weights(
        [w if w.ndim == 0 else draw.normal(size=w.shape, scale=0.1).astype(w.dtype) for w in model.get_weights()]
    )
    save_preset(model, folder)
    return get_model(folder)


def _trained(made, tmp_path, case):
    name, kind, files, options = CASES[case]
    folder = made(name)
    paths = {key: folder / file for key, file in files.items()} if isinstance(files, dict) else folder / files
    genome = {"genome": folder / "g.fa"} if kind in ("bed", "vcf") else {}
    build = getattr(Dataset, f"from_{kind}")
    data = build(genome["genome"], paths, **options) if genome else build(paths, **options)
    return data, _model(data, tmp_path / "run"), paths, genome


def _by_name(names, values):
    return dict(zip(map(str, names), np.asarray(values), strict=True))


@pytest.mark.parametrize("case", CASES)
def test_files_are_predicted_as_the_data_set_was(made, tmp_path, case):
    data, model, paths, genome = _trained(made, tmp_path, case)
    record = describe(model)
    assert record.reading == data.reading
    source, ids = as_source(record, paths, **genome)
    found = _by_name(ids, predict(model, paths, **genome))
    np.testing.assert_array_equal(list(found.values()), predict(model, source))
    whole = as_split(record, paths, **genome)
    truth = _by_name(whole.names(np.arange(len(whole))), whole.y)
    parts = [part for _, part in data.splits()]
    assert sum(map(len, parts)) == len(found) == len(truth)
    for part in parts:
        names = part.names(np.arange(len(part)))
        np.testing.assert_allclose([found[name] for name in names], predict(model, part), atol=1e-6, rtol=0)
        np.testing.assert_array_equal([truth[name] for name in names], np.asarray(part.y))
    assert np.ptp(predict(model, source), axis=0).min() > 1e-3  # the examples differ to the model


def test_tracks_and_peaks_are_windows_of_a_genome(made, tmp_path):
    pybigtools = pytest.importorskip("pybigtools", reason="needs the extra 'genomics'")
    anndata = pytest.importorskip("anndata", reason="needs the extra 'data'")
    folder = made("dna")
    genome, bed, track = folder / "g.fa", folder / "open.bed", folder / "a.bw"
    values = ((f"chr{c}", i, i + 1, float(i % 7 + 1)) for c in range(1, 5) for i in range(0, 500, 3))
    pybigtools.open(str(track), "w").write({f"chr{i}": 500 for i in range(1, 5)}, values)
    data = Dataset.from_bigwig(genome, bed, {"signal": track}, length=30, stranded=False)
    model = _model(data, tmp_path / "tracks")
    for part in (data.train, data.test):
        found = _by_name(as_source(describe(model), bed, genome=genome)[1], predict(model, bed, genome=genome))
        names = part.names(np.arange(len(part)))
        np.testing.assert_allclose([found[name] for name in names], predict(model, part), atol=1e-6)
    whole = as_split(describe(model), bed, genome=genome, bigwig={"signal": track})
    assert sorted(whole.y[:, 0]) == sorted(np.concatenate([np.asarray(part.y)[:, 0] for _, part in data.splits()]))
    names = [f"chr{c}:{s}-{s + 9}" for c in range(1, 5) for s in range(0, 460, 20)]
    x = np.random.default_rng(0).random((2, len(names))).astype(np.float32)
    peaks = anndata.AnnData(x, obs=pd.DataFrame(index=["T", "B"]), var=pd.DataFrame(index=names))
    data = Dataset.from_anndata(peaks, genome=genome, length=30)
    model = _model(data, tmp_path / "peaks")
    found = _by_name(as_source(describe(model), peaks, genome=genome)[1], predict(model, peaks, genome=genome))
    names = data.test.names(np.arange(len(data.test)))
    np.testing.assert_allclose([found[name] for name in names], predict(model, data.test), atol=1e-6)


def test_a_preset_without_a_record_reads_what_is_unambiguous(made, tmp_path):
    data, model, paths, _ = _trained(made, tmp_path, "a folder through a window")
    file = tmp_path / "run" / "preset.json"
    preset = json.loads(file.read_text())
    assert preset.pop("reading") == {"source": "folder", "options": data.reading.options}
    file.write_text(json.dumps(preset))
    old = get_model(tmp_path / "run")
    with pytest.raises(DataError, match="--window"):
        predict(old, paths)
    np.testing.assert_array_equal(predict(old, paths, window=(2000, 1000)), predict(model, paths))
    grey = made("images") / "grey"
    np.testing.assert_array_equal(predict(old, grey), predict(model, grey))

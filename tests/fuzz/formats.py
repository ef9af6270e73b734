"""Valid small files of each format, and the call that reads one: the starting points of the mutation fuzzers."""

import gzip
import json
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from deepbio.catalog import catalog_folder
from deepbio.errors import WeightsError


class Format(NamedTuple):
    """`make(folder)` writes a valid file and returns its path; `read(path)` returns data or raises `DeepbioError`."""

    make: Callable[[Path], Path]
    read: Callable[[Path], Any]
    slow: bool = False  # starts a process or builds a model for each file


def _text(name: str, content: str, packed: bool = False) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        path = folder / name
        path.write_bytes(gzip.compress(content.encode()) if packed else content.encode())
        return path

    return make


def _csv(path: Path) -> Any:
    from deepbio.datasets import Dataset

    return Dataset.from_csv(path, label="dx", features=["age", "sex"])


def _fasta(path: Path) -> Any:
    from deepbio.datasets.readers import read_fasta

    return read_fasta(path)


def _bed(path: Path) -> Any:
    from deepbio.genome import read_bed

    return read_bed(path)


def _vcf(path: Path) -> Any:
    from deepbio.genome.vcf import VcfFile

    return list(VcfFile(path).records())


def _image(path: Path) -> Any:
    from deepbio.datasets.readers import read_images

    return read_images(path)


def _npz(path: Path) -> Any:
    from deepbio.datasets.readers.npz import read_npz

    return read_npz(path)


def _make_image(name: str) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        from PIL import Image

        pixels = np.random.default_rng(0).integers(0, 256, (24, 24, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / name)
        return folder / name

    return make


def _make_npz(folder: Path) -> Path:
    x, y = np.zeros((3, 8, 8), np.uint8), np.array([[0], [1], [0]])
    arrays = {
        f"{part}_{kind}": value for part in ("train", "val", "test") for kind, value in (("images", x), ("labels", y))
    }
    np.savez_compressed(folder / "a.npz", **arrays)
    return folder / "a.npz"


def _make_nifti(folder: Path) -> Path:
    import nibabel

    values = np.arange(8 * 8 * 3, dtype=np.int16).reshape(8, 8, 3)
    nibabel.save(nibabel.Nifti1Image(values, np.eye(4)), folder / "a.nii.gz")
    return folder / "a.nii.gz"


def _nifti(path: Path) -> Any:
    from deepbio.datasets.readers.nifti import read_nifti

    return read_nifti(path, window=(40, 400))


def _make_dicom(folder: Path) -> Path:
    import shutil

    from pydicom.data import get_testdata_file

    shutil.copy(str(get_testdata_file("CT_small.dcm")), folder / "a.dcm")
    return folder / "a.dcm"


def _dicom(path: Path) -> Any:
    from deepbio.datasets.readers.dicom import read_dicom

    return read_dicom(path, window=(40, 400))


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
    from deepbio.datasets.readers.anndata import open_anndata

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return open_anndata(path)


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


def _make_h5(folder: Path) -> Path:
    from shutil import copy

    return Path(
        copy(catalog_folder("zoo") / "mmsplice_acceptor.cheng2019" / "model.weights.h5", folder / "a.weights.h5")
    )


def _model() -> Any:
    from deepbio.zoo import get_model

    if "model" not in _KEPT:
        _KEPT["model"] = get_model("logistic", input_shape=6, outputs=3)
    return _KEPT["model"]


_KEPT: dict[str, Any] = {}


def _h5(path: Path) -> Any:
    from deepbio.zoo.weight_files import count_values

    return count_values(path)


def _make_small_h5(folder: Path) -> Path:
    from deepbio.zoo.weight_files import save_h5

    save_h5(_model(), folder / "b.weights.h5")
    return folder / "b.weights.h5"


def _make_safetensors(folder: Path) -> Path:
    from deepbio.zoo.weight_files import save_safetensors

    save_safetensors(_model(), folder / "a.safetensors")
    return folder / "a.safetensors"


def _weights(path: Path) -> Any:
    from deepbio.zoo.weight_files import load_weight_file

    load_weight_file(_model(), path)
    return _model()


def _document(preset: str, name: str) -> Callable[[Path], Path]:
    """Copy a document of a preset, with its other files beside it."""

    def make(folder: Path) -> Path:
        import shutil

        shutil.copytree(catalog_folder("zoo") / preset, folder / "preset", dirs_exist_ok=True)
        return folder / "preset" / name

    return make


def _preset(path: Path) -> Any:
    from deepbio.zoo.load_preset import record_of
    from deepbio.zoo.preset import read_preset

    return record_of(read_preset(path.parent), path.parent)


def _tokenizer(path: Path) -> Any:
    from deepbio.text import Tokenizer

    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise WeightsError("no text") from None  # as the checksum of the preset refuses it
    return Tokenizer.from_json(text).encode(["fever and cough"], 8)


def _golden(path: Path) -> Any:
    from deepbio.documents import read_document
    from deepbio.zoo.preset_format import GoldenFacts

    return read_document(path, GoldenFacts)


def _metrics(path: Path) -> Any:
    from deepbio.cli.trained import read_figures

    return read_figures(path.parent)


def _recipe(path: Path) -> Any:
    from deepbio.cli.recipe import read_recipe

    return read_recipe(path)


def _card(path: Path) -> Any:
    from deepbio.datasets import read_card

    return read_card(path)


def _make_checkpoint(folder: Path) -> Path:
    from deepbio.training.checkpoints.checkpoint import Checkpoints, State

    facts = {"callbacks": {}, "stop": False, "seconds": 1.0, "replicas": 1}
    state = State({"seed": 0}, 2, np.ones(3, np.float32), facts, {"weights/0": np.ones(4, np.float32)})
    return Checkpoints(folder).save(state, step=3)


def _checkpoint(path: Path) -> Any:
    """Read a checkpoint under the checksum of its changed bytes, as one who made it to do harm would name it."""
    from deepbio.files import sha256_of
    from deepbio.training.checkpoints.checkpoint import Checkpoints

    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "checkpoints").mkdir()
        name = f"00000003-{sha256_of(path)}.npz"
        (Path(folder) / "checkpoints" / name).write_bytes(path.read_bytes())
        return Checkpoints(Path(folder)).latest()


_ROWS = "id,age,sex,dx\n" + "".join(f"p{i},{20 + i},{i % 2},{'ill' if i % 3 else 'well'}\n" for i in range(60))
_JSON_LINES = "".join(json.dumps({"age": i, "sex": i % 2, "dx": "ab"[i % 2]}) + "\n" for i in range(60))
_FASTA = ">a one\nACGTNACGT\nACGT\n>b\nTTTTACGTAC\n"
_BED = "chr1\t10\t20\tx\t0\t+\nchr2\t5\t9\ty\t0\t-\n"
_VCF = (
    "##fileformat=VCFv4.2\n##contig=<ID=chr1,length=1000>\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
    "chr1\t10\t.\tA\tC\t.\tPASS\t.\nchr1\t20\trs1\tAC\tA\t9\t.\tDP=3\n"
)

FORMATS: dict[str, Format] = {
    "csv": Format(_text("a.csv", _ROWS), _csv),
    "csv.gz": Format(_text("a.csv.gz", _ROWS, packed=True), _csv),
    "jsonl": Format(_text("a.jsonl", _JSON_LINES), _csv),
    "parquet": Format(_make_parquet, _csv),
    "fasta": Format(_text("a.fa", _FASTA), _fasta),
    "fasta.gz": Format(_text("a.fa.gz", _FASTA, packed=True), _fasta),
    "bed": Format(_text("a.bed", _BED), _bed),
    "vcf": Format(_text("a.vcf", _VCF), _vcf),
    "png": Format(_make_image("a.png"), _image),
    "jpeg": Format(_make_image("a.jpg"), _image),
    "tiff": Format(_make_image("a.tif"), _image),
    "npz": Format(_make_npz, _npz),
    "nifti": Format(_make_nifti, _nifti),
    "dicom": Format(_make_dicom, _dicom),
    "h5ad": Format(_make_h5ad, _h5ad, slow=True),
    "bigwig": Format(_make_bigwig, _bigwig, slow=True),
    "weights.h5": Format(_make_h5, _h5),
    "weights.h5 loaded": Format(_make_small_h5, _weights),
    "safetensors": Format(_make_safetensors, _weights),
    "preset.json": Format(_document("dna_cnn.uci_splice", "preset.json"), _preset),
    "tokenizer.json": Format(_document("note_evidence.vignettes", "tokenizer.json"), _tokenizer),
    "expect.json": Format(_document("dna_cnn.uci_splice", "expect.json"), _golden),
    "metrics.json": Format(_document("dna_cnn.uci_splice", "metrics.json"), _metrics),
    "recipe.yaml": Format(_document("dna_cnn.uci_splice", "recipe.yaml"), _recipe),
    "card.md": Format(_document("dna_cnn.uci_splice", "card.md"), _card),
    "checkpoint": Format(_make_checkpoint, _checkpoint),
}

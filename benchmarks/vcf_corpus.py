"""The VCF corpus of hts-specs: which of its files both readers take, and whether what is written can be read back.

    git clone https://github.com/samtools/hts-specs
    python benchmarks/vcf_corpus.py --folder hts-specs/test/vcf --out benchmarks/results/vcf_corpus.md

Each file below `passed` is valid, each below `failed` is not. A file is read by `deepbio.genome.read_vcf` (data sets) and by
`deepbio.genome.VcfFile` (scoring). Its records are then written as VCF and as BCF, as `deepbio variants splice` writes them, and
compared with the file by pysam, record by record.
"""

import tempfile
from collections import Counter
from pathlib import Path

from _table import script, table, write_page

from deepbio.errors import DeepbioError
from deepbio.genome import VcfFile, read_vcf
from deepbio.variants.bcf import same_record, write_bcf
from deepbio.variants.output import FIELD, HEADER, write_text


def outcome(action) -> str:
    """Return `read`, `refused: ...`, or `traceback: ...`."""
    try:
        action()
    except DeepbioError as error:
        return f"refused: {error}"
    except Exception as error:
        return f"traceback: {type(error).__name__}: {error}"
    return "read"


def records(path: Path) -> list[str]:
    """Return the records of a file as pysam has them."""
    import pysam

    verbosity = pysam.set_verbosity(0)
    try:
        with pysam.VariantFile(str(path)) as file:
            return [str(record).rstrip("\n") for record in file]
    finally:
        pysam.set_verbosity(verbosity)


def written(path: Path, ending: str) -> str:
    """Return what becomes of a file that is written with another INFO field in its header."""
    file = VcfFile(path)
    texts = [f"{line}\n" for line in file.header_with(FIELD, HEADER)] + [f"{r.line}\n" for r in file.records()]
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / f"out{ending}"
        (write_bcf if ending == ".bcf" else write_text)(out, texts)
        try:
            expected = records(path)
        except Exception as error:  # pysam's errors are of many kinds
            return f"pysam cannot read the file itself: {type(error).__name__}"
        found = records(out)
    equal = len(found) == len(expected) and all(map(same_record, expected, found))
    return "equal" if equal else "other records"


def judge(path: Path) -> dict[str, str]:
    """Return the outcome of each reader and writer for a file."""
    counted: list[int] = []
    scored = outcome(lambda: counted.append(sum(1 for _ in VcfFile(path).records())))
    found = {"scoring": scored, "data sets": outcome(lambda: read_vcf(path))}
    if scored == "read":
        found["data sets"] = "no variant" if "no variant with bases" in found["data sets"] else found["data sets"]
        for ending in (".vcf", ".bcf"):
            kept: list[str] = []
            how = outcome(lambda ending=ending, kept=kept: kept.append(written(path, ending)))
            found[f"written as {ending}"] = kept[0] if kept else how
    return found


@script(__doc__, folder=Path)
def main(arguments) -> None:
    """Judge every file and write the counts."""
    rows, named = [], []
    for kind in ("passed", "failed"):
        files = sorted(arguments.folder.glob(f"*/{kind}/*.vcf"))
        found = {file: judge(file) for file in files}
        for what in ("scoring", "data sets", "written as .vcf", "written as .bcf"):
            counts = Counter(outcomes[what].split(":")[0] for outcomes in found.values() if what in outcomes)
            rows.append([kind, len(files), what, ", ".join(f"{n} {name}" for name, n in counts.most_common())])
        for file, outcomes in found.items():
            for what, how in outcomes.items():
                usual = (
                    ("read", "equal", "no variant") if kind == "passed" else ("read", "equal", "no variant", "refused")
                )
                if how.split(":")[0] not in usual:
                    text = how.replace(str(arguments.folder), "...").replace("|", "\\|")
                    named.append([file.relative_to(arguments.folder), what, text[:240]])
    write_page(
        arguments, "The VCF corpus of hts-specs",
        "A file without a variant that has bases (header only, symbols only) is no data set; that is its `no variant`.",
        table(["files", "number", "by", "outcome"], rows),
        "Every outcome that is not expected:" if named else "No other outcome.",
        table(["file", "by", "outcome"], named) if named else "",
    )  # fmt: skip

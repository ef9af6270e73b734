"""A `Dataset` from a CSV, TSV, JSON lines or Parquet file: measurements, notes or sequences with their labels."""

from collections.abc import Mapping, Sequence
from typing import Any

from deepbio.datasets.build.builder import builder
from deepbio.datasets.options import Names, names_of
from deepbio.datasets.readers import read_table
from deepbio.datasets.splitting import FRACTIONS, Duplicates
from deepbio.errors import DataError
from deepbio.files import FilePath
from deepbio.specs import Kind


@builder("csv")
def from_csv(
    path: FilePath,
    *,
    label: str | None = None,
    targets: Names = (),
    text: str | None = None,
    sequence: str | None = None,
    features: Names | None = None,
    group: str | None = None,
    id: str | None = None,
    split: str | None = None,
    kind: Kind | None = None,
    labels: Sequence[str] | None = None,
    positive: str | None = None,
    length: int | None = None,
    vocabulary: int = 20_000,
    tokenizer: Mapping[str, Any] | str | None = None,
    fractions: Mapping[str, float] = FRACTIONS,
    seed: int = 0,
    duplicates: Duplicates = "group",
    encoding: str = "utf-8",
    name: str | None = None,
) -> dict[str, Any]:
    """Build a data set from a CSV, TSV, JSON lines or Parquet file with named columns.

    Args:
        path: Path of the file.
        label: Column of classes; or `targets`: columns of 0/1 labels or of numbers.
        targets: Columns to predict, if not `label`.
        text: Column of notes; or `sequence`: column of DNA; or `features`: columns of numbers (None takes all that have no
            other use).
        sequence: Column of DNA to learn from.
        features: Columns of numbers to learn from.
        group: Column of the group, such as the patient. No group is in two splits.
        id: Column that names the rows.
        split: Column that contains train, valid or test.
        kind, labels, positive: Task to learn; see `deepbio.datasets.build.from_arrays`.
        length, vocabulary, tokenizer: Options of DNA and text; see `deepbio.datasets.build.from_arrays`.
        fractions, seed, duplicates: Options of the splits; see `deepbio.datasets.splitting.split_examples`.
        encoding: Encoding of the file.
        name: Name of the data set; None uses the file's.

    Raises:
        DataError: what `read_table` raises, columns that contradict each other, or splits that cannot be made.

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> path = Path(tempfile.mkdtemp()) / "visits.csv"
        >>> rows = (f"p{i % 30},{i},{'ill' if i % 3 else 'well'}\\n" for i in range(60))
        >>> _ = path.write_text("patient,age,diagnosis\\n" + "".join(rows))
        >>> from_csv(path, label="diagnosis", group="patient", positive="ill")
        Dataset('visits', binary, table (1,), train=42 valid=8 test=10)
    """
    columns = names_of(targets)
    if sum(use is not None for use in (text, sequence, features)) > 1:
        raise DataError(
            "Name what to learn from: one of text=COLUMN, sequence=COLUMN and features=[COLUMNS] (on the command line "
            "--text COLUMN, --sequence COLUMN and --data features=[COLUMNS])."
        )
    words = text if sequence is None else sequence
    table = read_table(
        path,
        label=label,
        targets=columns,
        text=words,
        features=None if features is None else names_of(features),
        group=group,
        id=id,
        split=split,
        encoding=encoding,
    )
    if words is None and not table.features:
        raise DataError(f"{path}: no column is left to learn from. Name some with features, text or sequence.")
    return {
        "x": table.x if words is None else table.texts,
        "y": table.labels if label is not None else table.targets,
        "modality": "table" if words is None else "text" if sequence is None else "dna",
        "labels": labels or (None if label else columns),
        "ids": table.ids,
        "groups": table.groups,
        "split": table.splits,
        "features": table.features,
        "length": length,
        "vocabulary": vocabulary,
        "tokenizer": tokenizer,
    }

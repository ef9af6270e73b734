"""A `Dataset` from a CSV, TSV, JSON lines or Parquet file: measurements, notes or sequences with their labels."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from deepbio.datasets.build.builder import builder
from deepbio.datasets.labels import Uncertain
from deepbio.datasets.options import Names, names_of
from deepbio.datasets.readers import Censored, Missing, MissingGroup, read_table
from deepbio.datasets.splitting import FRACTIONS, Duplicates
from deepbio.datasets.targets import table_targets
from deepbio.errors import DataError
from deepbio.files import FilePath
from deepbio.specs import Kind


@builder("csv")
def from_csv(
    path: FilePath | pd.DataFrame,
    *,
    label: str | None = None,
    targets: Names = (),
    text: str | None = None,
    sequence: str | None = None,
    features: Names | None = None,
    group: str | None = None,
    id: str | None = None,
    split: str | None = None,
    sample_weight: str | None = None,
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
    delimiter: str | None = None,
    names: Names | None = None,
    decimal: str = ".",
    thousands: str | None = None,
    missing: Missing = (),
    keep_na: bool = False,
    drop_na: bool = False,
    missing_group: MissingGroup = "refuse",
    censored: Censored | None = None,
    dates: Names = (),
    date_format: str | None = None,
    categories: Names | Mapping[str, Sequence[str | int | float]] = (),
    sep: str | None = None,
    uncertain: Uncertain | None = None,
    name: str | None = None,
) -> dict[str, Any]:
    """Build a data set from a CSV, TSV, JSON lines or Parquet file with named columns.

    Columns to learn from are numbers or categories. Missing numbers become the median of the training split and missing
    categories none of them, with an indicator of what was missing; numbers are standardized and categories one-hot encoded. All
    of this is part of the model. Columns with missing cells and columns taken as categories are logged.

    Args:
        path: Path of the file, or a pandas frame, from which no recipe can rebuild the data set.
        label: Column of classes; or `targets`: columns of 0/1 labels or of numbers.
        targets: Columns to predict, if not `label`.
        text: Column of notes; or `sequence`: column of DNA; or `features`: columns of numbers and categories (None takes all
            that have no other use).
        sequence: Column of DNA to learn from.
        features: Columns to learn from.
        group: Column of the group, such as the patient. No group is in two splits.
        id: Column that names the rows.
        split: Column that contains train, valid or test.
        sample_weight: Column of weights in the loss, numbers of 0 or more; metrics do not use them.
        kind, labels, positive: Task to learn; see `deepbio.datasets.build.from_arrays`.
        length, vocabulary, tokenizer: Options of DNA and text; see `deepbio.datasets.build.from_arrays`.
        fractions, seed, duplicates: Options of the splits; see `deepbio.datasets.splitting.split_examples`.
        encoding, delimiter, names: Form of the file, such as `encoding="utf-16"`, `delimiter="|"`, or the `names` of the columns
            of a file without a header; see `deepbio.datasets.readers.read_table`.
        decimal, thousands, missing, censored, dates, date_format, categories: Form of the cells, such as `decimal=","`,
            `missing=["?"]`, `censored="half"` for `<5`, or `categories=["grade"]`; see
            `deepbio.datasets.readers.CellFormat`.
        keep_na: Whether `NA`, `None` and so on are words like others in labels, notes and groups; else they are missing.
        drop_na: Whether rows without label, target, note or group are left out instead of refused.
        missing_group: `"own"` takes each row without a group as a group of its own; `"refuse"` refuses it.
        sep: Separator of several labels in a cell of `label`, such as `"|"`; the task is then multilabel.
        uncertain: Meaning of -1 in 0/1 targets; see `deepbio.datasets.labels.resolve_uncertain`.
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
    if words is None and (length is not None or tokenizer is not None):
        raise DataError(
            "length and tokenizer are for notes and sequences: name their column with text=COLUMN or sequence=COLUMN (on the command "
            "line --text COLUMN or --sequence COLUMN)."
        )
    table = read_table(
        path,
        label=label,
        targets=columns,
        text=words,
        features=None if features is None else names_of(features),
        group=group,
        id=id,
        split=split,
        sample_weight=sample_weight,
        encoding=encoding,
        delimiter=delimiter,
        names=None if names is None else names_of(names),
        decimal=decimal,
        thousands=thousands,
        missing=missing,
        keep_na=keep_na,
        drop_na=drop_na,
        missing_group=missing_group,
        censored=censored,
        dates=names_of(dates),
        date_format=date_format,
        categories=categories if isinstance(categories, Mapping) else names_of(categories),
        words=True,
        allow_missing=True,
    )
    if words is None and not table.features:
        raise DataError(f"{path}: no column is left to learn from. Name some with features, text or sequence.")
    y, found = table_targets(path, table, label, columns, kind=kind, labels=labels, sep=sep, uncertain=uncertain)
    return {
        "x": table.x if words is None else table.texts,
        "y": y,
        "modality": "table" if words is None else "text" if sequence is None else "dna",
        "labels": found,
        "ids": table.ids,
        "groups": table.groups,
        "split": table.splits,
        "sample_weight": table.sample_weight,
        "features": table.features,
        "categories": table.categories,
        "reading": {"features": list(table.features)},
        "length": length,
        "vocabulary": vocabulary,
        "tokenizer": tokenizer,
    }

"""A `Dataset` from a CSV, TSV, JSON lines or Parquet file: measurements, notes or sequences with their labels."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from deepbio.datasets.build.arrays import from_arrays
from deepbio.datasets.build.noting import names_of, noted
from deepbio.datasets.dataset import Dataset
from deepbio.datasets.placing import Duplicates
from deepbio.datasets.readers import read_table
from deepbio.datasets.splitting import FRACTIONS
from deepbio.datasets.targets import check_predicted
from deepbio.errors import DataError
from deepbio.specs import Kind


def from_csv(
    path: str | os.PathLike[str],
    *,
    label: str | None = None,
    targets: Sequence[str] = (),
    text: str | None = None,
    sequence: str | None = None,
    features: Sequence[str] | None = None,
    group: str | None = None,
    id: str | None = None,
    split: str | None = None,
    kind: Kind | None = None,
    labels: Sequence[str] | None = None,
    positive: str | None = None,
    length: int | None = None,
    vocabulary: int = 20_000,
    tokenizer: Mapping[str, Any] | None = None,
    fractions: Mapping[str, float] = FRACTIONS,
    seed: int = 0,
    duplicates: Duplicates = "group",
    encoding: str = "utf-8",
    name: str | None = None,
) -> Dataset:
    """Build a data set from a CSV, TSV, JSON lines or Parquet file with named columns.

    Args:
        path: the file.
        label: column of classes; or `targets`: columns of 0/1 labels or of values.
        text: column of notes; or `sequence`: column of DNA; or `features`: columns of numbers (None takes all that have no
            other use).
        group: column of what must not be shared between splits, such as the patient.
        id: column that names the rows.
        split: column that says train, valid or test.
        kind, labels, positive: what is predicted; see `from_arrays`.
        length, vocabulary, tokenizer: of DNA and text; see `from_arrays`.
        fractions, seed, duplicates: of the splits; see `deepbio.datasets.placing.place_examples`.
        encoding: of the file.
        name: of the data set; None takes the file's.

    Raises:
        DataError: what `read_table` raises, columns that contradict each other, or splits that cannot be made.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "visits.csv"
        >>> rows = (f"p{i % 30},{i},{'ill' if i % 3 else 'well'}\\n" for i in range(60))
        >>> _ = path.write_text("patient,age,diagnosis\\n" + "".join(rows))
        >>> from_csv(path, label="diagnosis", group="patient", positive="ill")
        Dataset('visits', binary, table (1,), train=42 valid=8 test=10)
    """
    targets = names_of(targets)
    check_predicted(label, targets)
    features = None if features is None else names_of(features)
    if sum(use is not None for use in (text, sequence, features)) > 1:
        raise DataError("Say what is learned from: one of text=COLUMN, sequence=COLUMN and features=[COLUMNS].")
    words = text if sequence is None else sequence
    table = read_table(
        path,
        label=label,
        targets=targets,
        text=words,
        features=features,
        group=group,
        id=id,
        split=split,
        encoding=encoding,
    )
    if words is None and not table.features:
        raise DataError(f"{path}: no column is left to learn from. Name some with features, text or sequence.")
    used = {"csv": path, "label": label, "targets": targets, "text": text, "sequence": sequence, "features": features}
    used |= {"group": group, "id": id, "split": split, "kind": kind, "labels": labels, "positive": positive}
    used |= {"length": length, "vocabulary": vocabulary, "fractions": fractions, "duplicates": duplicates}
    used |= {"encoding": encoding, "tokenizer": tokenizer}
    x: Any = table.x if words is None else table.texts
    try:
        return from_arrays(
            x,
            table.labels if label is not None else table.targets,
            modality="table" if words is None else "text" if sequence is None else "dna",
            kind=kind,
            labels=labels or (None if label else targets),
            positive=positive,
            ids=table.ids,
            groups=table.groups,
            split=table.splits,
            features=table.features,
            length=length,
            vocabulary=vocabulary,
            tokenizer=tokenizer,
            fractions=fractions,
            seed=seed,
            duplicates=duplicates,
            name=name or Path(path).name.split(".")[0],
            options=noted(used),
        )
    except DataError as error:
        raise DataError(f"{path}: {error}") from error

"""Pretrained word vectors from a text file of word2vec, GloVe or fastText."""

import os
from collections.abc import Collection

import numpy as np

from deepbio.errors import DataError
from deepbio.files import open_content


def read_word_vectors(path: str | os.PathLike[str], words: Collection[str]) -> dict[str, np.ndarray]:
    """Read the vectors of `words`; the file may contain millions of others, which are skipped.

    Each line is a word and its numbers, separated by spaces. A first line of two integers (word2vec, fastText) is the size of
    the table; GloVe has none. A `.gz` file is read directly. Words are matched as they are, then in lower case.

    Returns:
        Vectors by word, float32 `(numbers,)`; words that the file lacks are left out.

    Raises:
        DataError: The file is missing, or a line has another number of numbers, or something else than finite numbers.

    Example:
        >>> import pathlib, tempfile
        >>> path = pathlib.Path(tempfile.mkdtemp()) / "vectors.txt"
        >>> _ = path.write_text("2 3\\nfever 0.1 0.2 0.3\\nrash 1 0 0\\n")
        >>> read_word_vectors(path, ["rash", "cough"])
        {'rash': array([1., 0., 0.], dtype=float32)}
    """
    wanted = set(words)
    found: dict[str, np.ndarray] = {}
    lowered: dict[str, np.ndarray] = {}
    size = 0
    with open_content(path) as file:
        for number, raw in enumerate(file, start=1):
            try:
                fields = raw.decode("utf-8").rstrip().split(" ")
            except UnicodeDecodeError as error:
                raise DataError(
                    f"{path}, line {number}: expected UTF-8 text of words and numbers. A binary word2vec file must be saved "
                    "as text first."
                ) from error
            if fields == [""] or (number == 1 and len(fields) == 2 and all(field.isdigit() for field in fields)):
                continue
            size = size or len(fields) - 1
            if len(fields) - 1 < size or size < 1:
                raise DataError(
                    f"{path}, line {number}: expected a word and {max(size, 1)} numbers; found {len(fields) - 1}."
                )
            # a word may contain spaces (GloVe 840B): the numbers are the last fields
            word = " ".join(fields[: len(fields) - size])
            if word in wanted:
                found[word] = _numbers(fields[-size:], f"{path}, line {number}")
            elif word.lower() in wanted and word.lower() not in lowered:
                lowered[word.lower()] = _numbers(fields[-size:], f"{path}, line {number}")
    return {**lowered, **found}


def _numbers(fields: list[str], where: str) -> np.ndarray:
    try:
        vector = np.array(fields, np.float32)
    except ValueError as error:
        raise DataError(f"{where}: expected numbers after the word.") from error
    if not np.isfinite(vector).all():
        raise DataError(f"{where}: expected finite numbers after the word.")
    return vector

"""Letters to codes and back: A C G T (or U) are 0 1 2 3 and every ambiguous base is 4, one byte a base."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Literal

import numpy as np

from deepbio.errors import DataError

Unknown = Literal["n", "error"]

N = 4
_AMBIGUOUS = b"NRYSWKMBDHVX"
_BAD = 255
# Letters at a time: what is worked on stays in the processor's cache, and no block is so large that the system hands out
# fresh pages for it each time (from 128 KiB on it does).
_CHUNK = 1 << 16


def _letter_table(ambiguous: int) -> bytes:
    table = bytearray([_BAD]) * 256
    for code, letters in enumerate((b"A", b"C", b"G", b"TU", _AMBIGUOUS)):
        for letter in letters + letters.lower():
            table[letter] = code if code < N else ambiguous
    return bytes(table)


_TABLES = {"n": _letter_table(N), "error": _letter_table(_BAD)}
_LETTERS = {"dna": b"ACGTN", "rna": b"ACGUN"}


def encode(
    sequences: str | bytes | Iterable[str | bytes] | np.ndarray,
    *,
    length: int | None = None,
    unknown: Unknown = "n",
) -> np.ndarray:
    """Turn nucleotide letters into uint8 codes.

    A C G T are 0 1 2 3 in either case, U counts as T, and N and the other IUPAC letters (and X) are 4.

    Args:
        sequences: a string, bytes or a 1-D uint8 array of ASCII letters gives `(length,)`; a list, a pandas column or a
            NumPy array of strings of one length, or a 2-D uint8 array of ASCII letters, gives `(n, length)`.
        length: the number of bases that every sequence must have; None takes that of the first.
        unknown: `"n"` gives 4 for ambiguous letters; `"error"` refuses them, N too.

    Raises:
        DataError: a letter that is no nucleotide (protein letters, digits, gaps, spaces) or a sequence of another
            length, with the record and the position in it, both counted from 1.

    Source: the letters of NC-IUB 1984, doi:10.1093/nar/13.9.3021.

    Example:
        >>> encode("ACGTUNacgtun")
        array([0, 1, 2, 3, 3, 4, 0, 1, 2, 3, 3, 4], dtype=uint8)
        >>> encode(["ACG", "TTN"]).shape
        (2, 3)
    """
    if unknown not in _TABLES:
        raise DataError(f"unknown is 'n' or 'error'; received {unknown!r}.")
    table = _TABLES[unknown]
    if isinstance(sequences, str | bytes):
        return _encode_one(sequences, length, table)
    if isinstance(sequences, bytearray):
        sequences = np.frombuffer(sequences, dtype=np.uint8)
    if isinstance(sequences, np.ndarray) and sequences.dtype == np.uint8:
        return _encode_array(sequences, length, table)
    return _encode_many(sequences, length, table)


def decode(codes: np.ndarray, *, alphabet: Literal["dna", "rna"] = "dna") -> str | list[str]:
    """Turn codes into letters: `(length,)` gives a string, `(n, length)` a list of strings; 4 is written N.

    Args:
        codes: integers 0 to 4.
        alphabet: `"dna"` writes T for code 3, `"rna"` writes U.

    Example:
        >>> decode(encode("ACGTR"))
        'ACGTN'
        >>> decode(encode(["ACGU", "TTTT"]), alphabet="rna")
        ['ACGU', 'UUUU']
    """
    if alphabet not in _LETTERS:
        raise DataError(f"alphabet is 'dna' or 'rna'; received {alphabet!r}.")
    codes = as_codes(codes)
    if codes.ndim not in (1, 2):
        raise DataError(f"Codes are decoded from shape (length,) or (n, length); received {codes.shape}.")
    table = _LETTERS[alphabet].ljust(256, b"N")
    text = codes.tobytes().translate(table).decode("ascii")
    if codes.ndim == 1:
        return text
    n, length = codes.shape
    return [text[i * length : (i + 1) * length] for i in range(n)]


def as_codes(codes: Any) -> np.ndarray:
    """Check that `codes` are integers 0 to 4 and give them as uint8, without a copy where they already are.

    Example:
        >>> as_codes([0, 4])
        array([0, 4], dtype=uint8)
    """
    array = np.asarray(codes)
    if array.size == 0 and array.dtype == np.float64:  # what NumPy makes of an empty list
        array = array.astype(np.uint8)
    if array.dtype.kind not in "ui":
        raise DataError(
            f"Expected integer codes (A C G T = 0 1 2 3, all else 4); received dtype {array.dtype}. "
            "Turn letters into codes with deepbio.sequence.encode."
        )
    if array.size and (array.max() > N or (array.dtype.kind == "i" and array.min() < 0)):
        worst = int(array.max()) if array.max() > N else int(array.min())
        raise DataError(f"Expected codes 0 to 4 (A C G T, all else 4); received {worst}.")
    return array.astype(np.uint8, copy=False)


def _encode_one(sequence: str | bytes, length: int | None, table: bytes) -> np.ndarray:
    if length is not None and len(sequence) != length:
        raise DataError(f"Expected a sequence of {length} bases; received {len(sequence)}.")
    out = np.empty(len(sequence), dtype=np.uint8)
    for start in range(0, len(out), _CHUNK):
        part = sequence[start : start + _CHUNK]
        bad = _encode_letters(_to_bytes(part), out[start : start + _CHUNK], table)
        if bad >= 0:
            raise DataError(_bad_letter(part[bad : bad + 1], None, start + bad))
    return out


def _encode_array(letters: np.ndarray, length: int | None, table: bytes) -> np.ndarray:
    if letters.ndim not in (1, 2):
        raise DataError(f"Letters come in shape (length,) or (n, length); received {letters.shape}.")
    if length is not None and letters.shape[-1] != length:
        raise DataError(f"Expected sequences of {length} bases; received {letters.shape[-1]}.")
    flat = np.ascontiguousarray(letters).reshape(-1)
    out = np.empty(flat.shape, dtype=np.uint8)
    for start in range(0, len(flat), _CHUNK):
        bad = _encode_letters(flat[start : start + _CHUNK], out[start : start + _CHUNK], table)
        if bad >= 0:
            record, position = divmod(start + bad, letters.shape[-1])
            value = int(flat[start + bad])
            hint = " The array already holds codes." if value <= N else ""
            raise DataError(_bad_letter(bytes([value]), record if letters.ndim == 2 else None, position) + hint)
    return out.reshape(letters.shape)


def _encode_many(sequences: Iterable[str | bytes], length: int | None, table: bytes) -> np.ndarray:
    records = list(sequences)
    _check_records(records, length)
    length = len(records[0]) if records else (length or 0)
    out = np.empty((len(records), length), dtype=np.uint8)
    group = max(1, _CHUNK // max(length, 1))
    for first in range(0, len(records), group):
        part = records[first : first + group]
        bad = _encode_letters(b"".join(map(_to_bytes, part)), out[first : first + group].reshape(-1), table)
        if bad >= 0:
            record, position = divmod(bad, length)
            raise DataError(_bad_letter(part[record][position : position + 1], first + record, position))
    return out


def _check_records(records: Sequence[Any], length: int | None) -> None:
    for i, record in enumerate(records):
        if not isinstance(record, str | bytes):
            raise DataError(
                f"Record {i + 1}: expected a string of nucleotide letters; received {type(record).__name__} "
                f"({record!r:.40}). Remove it or fill it in."
            )
        expected = len(records[0]) if length is None else length
        if len(record) != expected:
            like = " as in record 1" if length is None else ""
            raise DataError(
                f"Record {i + 1}: expected {expected} bases{like}; received {len(record)}. "
                "All sequences must have one length: crop them, or pad with N."
            )


def _to_bytes(letters: str | bytes) -> bytes:
    """Return one byte a letter; what is not Latin-1 becomes "?", which the tables refuse."""
    return letters.encode("latin-1", "replace") if isinstance(letters, str) else letters


def _encode_letters(letters: bytes | np.ndarray, out: np.ndarray, table: bytes) -> int:
    """Write the codes of `letters` to `out`; give the index of the first letter that the table refuses, or -1."""
    x = letters if isinstance(letters, np.ndarray) else np.frombuffer(letters, dtype=np.uint8)
    # The low five bits of A C G T U are 1 3 7 20 21. Times three, modulo 32, that is 3 9 21 28 31, whose eighths are the
    # codes 0 1 2 3 3; times 24 in eight bits leaves them on top, in either case. Array arithmetic is faster than a table,
    # so the table only serves blocks that have other letters.
    np.multiply(x, 24, out=out)
    np.right_shift(out, 6, out=out)
    upper = x & 0xDF
    plain = upper == ord("A")
    plain |= upper == ord("C")
    plain |= upper == ord("G")
    upper |= 1  # T becomes U
    plain |= upper == ord("U")
    if plain.all():
        return -1
    codes = x.tobytes().translate(table)
    out[:] = np.frombuffer(codes, dtype=np.uint8)
    return codes.find(_BAD)


def _bad_letter(letter: str | bytes, record: int | None, position: int) -> str:
    shown = letter if isinstance(letter, str) else letter.decode("latin-1")
    where = f"position {position + 1}" if record is None else f"Record {record + 1}, position {position + 1}"
    upper = shown.upper()
    if upper.encode("latin-1", "replace") in {bytes([c]) for c in _AMBIGUOUS}:
        reason = "it is ambiguous, and unknown='error' refuses that. Use unknown='n' to read it as N."
    elif upper in set("EFILPQZJO"):
        reason = "it is no nucleotide letter. Is this a protein sequence?"
    elif shown in ("-", ".", "*"):
        reason = "gaps and stops have no code. Remove them, or write N."
    else:
        reason = "it is no nucleotide letter. Expected A C G T U N or another IUPAC letter."
    return f"{where[0].upper()}{where[1:]}: received {shown!r}; {reason}"

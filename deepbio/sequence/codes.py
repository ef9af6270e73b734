"""Bases to codes and back: A C G T (or U) are 0 1 2 3 and every ambiguous base is 4, one byte per base."""

from collections.abc import Iterable, Sequence
from typing import Any, Literal

import numpy as np

from deepbio.errors import DataError

Unknown = Literal["n", "error"]

N = 4
_AMBIGUOUS = b"NRYSWKMBDHVX"
_BAD = 255
# Characters at a time: a block stays in the processor's cache, and is so small that the system does not allocate fresh
# pages for it each time (from 128 KiB on it does).
_CHUNK = 1 << 16


def _code_table(ambiguous: int) -> bytes:
    table = bytearray([_BAD]) * 256
    for code, bases in enumerate((b"A", b"C", b"G", b"TU", _AMBIGUOUS)):
        for base in bases + bases.lower():
            table[base] = code if code < N else ambiguous
    return bytes(table)


_TABLES = {"n": _code_table(N), "error": _code_table(_BAD)}
_ALPHABETS = {"dna": b"ACGTN", "rna": b"ACGUN"}


def encode(
    sequences: str | bytes | Iterable[str | bytes] | np.ndarray,
    *,
    length: int | None = None,
    unknown: Unknown = "n",
) -> np.ndarray:
    """Encode nucleotide sequences as uint8 codes.

    A C G T are 0 1 2 3 in either case, U is read as T, and N and the other IUPAC codes (and X) are 4.

    Args:
        sequences: One sequence, as a string, bytes or a 1-D uint8 array of ASCII characters, or sequences of one length, as a
            list, a pandas column or a NumPy array of strings, or a 2-D uint8 array of ASCII characters.
        length: Number of bases that every sequence must have; None is that of the first.
        unknown: `"n"` encodes ambiguous bases as 4; `"error"` refuses them, N too.

    Returns:
        Codes, uint8 `(length,)` of one sequence or `(n, length)` of several.

    Raises:
        DataError: a character is no nucleotide (an amino acid, a digit, a gap, a space), or a sequence has another length. The
            message has the record and the position in it, both counted from 1.

    Source: the IUPAC codes of NC-IUB 1984, doi:10.1093/nar/13.9.3021.

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
    """Decode codes as nucleotide sequences; 4 is written as N.

    Args:
        codes: Integers 0 to 4, `(length,)` or `(n, length)`.
        alphabet: `"dna"` writes code 3 as T, `"rna"` as U.

    Returns:
        A string, or a list of strings.

    Example:
        >>> decode(encode("ACGTR"))
        'ACGTN'
        >>> decode(encode(["ACGU", "TTTT"]), alphabet="rna")
        ['ACGU', 'UUUU']
    """
    if alphabet not in _ALPHABETS:
        raise DataError(f"alphabet is 'dna' or 'rna'; received {alphabet!r}.")
    codes = as_codes(codes, shape="rows")
    table = _ALPHABETS[alphabet].ljust(256, b"N")
    text = codes.tobytes().translate(table).decode("ascii")
    if codes.ndim == 1:
        return text
    n, length = codes.shape
    return [text[i * length : (i + 1) * length] for i in range(n)]


def as_codes(codes: Any, *, shape: Literal["any", "sequences", "rows"] = "any") -> np.ndarray:
    """Return codes as uint8 after checking that they are integers 0 to 4, without a copy if they are uint8.

    Args:
        codes: Codes.
        shape: Shape to check: `"sequences"` is `(..., length)`, `"rows"` is `(length,)` or `(n, length)`.

    Raises:
        DataError: the codes or their shape are not as expected.

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
            "Encode sequences with deepbio.sequence.encode."
        )
    if array.size and (array.max() > N or (array.dtype.kind == "i" and array.min() < 0)):
        worst = int(array.max()) if array.max() > N else int(array.min())
        raise DataError(f"Expected codes 0 to 4 (A C G T, all else 4); received {worst}.")
    if shape == "sequences" and array.ndim < 1:
        raise DataError("Expected codes of shape (..., length); received a single number.")
    if shape == "rows" and array.ndim not in (1, 2):
        raise DataError(f"Expected codes of shape (length,) or (n, length); received {array.shape}.")
    return array.astype(np.uint8, copy=False)


def _encode_one(sequence: str | bytes, length: int | None, table: bytes) -> np.ndarray:
    if length is not None and len(sequence) != length:
        raise DataError(f"Expected a sequence of {length} bases; received {len(sequence)}.")
    out = np.empty(len(sequence), dtype=np.uint8)
    for start in range(0, len(out), _CHUNK):
        part = sequence[start : start + _CHUNK]
        bad = _encode_block(_to_bytes(part), out[start : start + _CHUNK], table)
        if bad >= 0:
            raise DataError(_describe(part[bad : bad + 1], None, start + bad))
    return out


def _encode_array(characters: np.ndarray, length: int | None, table: bytes) -> np.ndarray:
    if characters.ndim not in (1, 2):
        raise DataError(f"Expected ASCII characters of shape (length,) or (n, length); received {characters.shape}.")
    if length is not None and characters.shape[-1] != length:
        raise DataError(f"Expected sequences of {length} bases; received {characters.shape[-1]}.")
    flat = np.ascontiguousarray(characters).reshape(-1)
    out = np.empty(flat.shape, dtype=np.uint8)
    for start in range(0, len(flat), _CHUNK):
        bad = _encode_block(flat[start : start + _CHUNK], out[start : start + _CHUNK], table)
        if bad >= 0:
            record, position = divmod(start + bad, characters.shape[-1])
            value = int(flat[start + bad])
            hint = " The array already contains codes." if value <= N else ""
            raise DataError(_describe(bytes([value]), record if characters.ndim == 2 else None, position) + hint)
    return out.reshape(characters.shape)


def _encode_many(sequences: Iterable[str | bytes], length: int | None, table: bytes) -> np.ndarray:
    records = list(sequences)
    _check_records(records, length)
    length = len(records[0]) if records else (length or 0)
    out = np.empty((len(records), length), dtype=np.uint8)
    group = max(1, _CHUNK // max(length, 1))
    for first in range(0, len(records), group):
        part = records[first : first + group]
        bad = _encode_block(b"".join(map(_to_bytes, part)), out[first : first + group].reshape(-1), table)
        if bad >= 0:
            record, position = divmod(bad, length)
            raise DataError(_describe(part[record][position : position + 1], first + record, position))
    return out


def _check_records(records: Sequence[Any], length: int | None) -> None:
    for i, record in enumerate(records):
        if not isinstance(record, str | bytes):
            raise DataError(
                f"Record {i + 1}: expected a string of nucleotides; received {type(record).__name__} "
                f"({record!r:.40}). Remove it or fill it in."
            )
        expected = len(records[0]) if length is None else length
        if len(record) != expected:
            like = " as in record 1" if length is None else ""
            raise DataError(
                f"Record {i + 1}: expected {expected} bases{like}; received {len(record)}. "
                "All sequences must have one length: crop them, or pad with N."
            )


def _to_bytes(text: str | bytes) -> bytes:
    """Return one byte per character; what is not Latin-1 becomes "?", which the tables refuse."""
    return text.encode("latin-1", "replace") if isinstance(text, str) else text


def _encode_block(characters: bytes | np.ndarray, out: np.ndarray, table: bytes) -> int:
    """Write the codes of characters to `out` and return the index of the first that the table refuses, or -1."""
    x = characters if isinstance(characters, np.ndarray) else np.frombuffer(characters, dtype=np.uint8)
    # The low five bits of A C G T U are 1 3 7 20 21. Times three, modulo 32, that is 3 9 21 28 31, whose eighths are the
    # codes 0 1 2 3 3; times 24 in eight bits leaves them on top, in either case. Array arithmetic is faster than a table,
    # so the table only serves blocks with other characters.
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


def _describe(character: str | bytes, record: int | None, position: int) -> str:
    """Return where a character is and why it has no code."""
    shown = character if isinstance(character, str) else character.decode("latin-1")
    where = f"position {position + 1}" if record is None else f"Record {record + 1}, position {position + 1}"
    upper = shown.upper()
    if upper.encode("latin-1", "replace") in {bytes([c]) for c in _AMBIGUOUS}:
        reason = "it is ambiguous, and unknown='error' refuses that. Use unknown='n' to read it as N."
    elif upper in set("EFILPQZJO"):
        reason = "it is no nucleotide. Is this a protein sequence?"
    elif shown in ("-", ".", "*"):
        reason = "gaps and stops have no code. Remove them, or replace them by N."
    else:
        reason = "it is no nucleotide. Expected A C G T U N or another IUPAC code."
    return f"{where[0].upper()}{where[1:]}: received {shown!r}; {reason}"

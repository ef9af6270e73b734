"""Seeded mutations of bytes, of the fields of text, of the values of JSON, and of what is packed in gzip or zip."""

import copy
import gzip
import io
import json
import random
import re
import zipfile
import zlib
from typing import Any, Literal

Kind = Literal["bytes", "text", "json", "gzip", "bgzip", "zip"]

_BYTES = (0, 1, 0x7F, 0x80, 0xFF)
_NUMBERS = (-1, 0, 2**31, 2**63, 10**30, 1e308, -0.5)
_VALUES = (None, True, *_NUMBERS, "", "x" * 2000, "\u202e", [], {}, [[[[]]]], {"a": {"b": 1}}, "../x", "/dev/zero")
_FIELDS = (
    *("", "-1", "0", "nan", "inf", "1e999", "9" * 25, "0x10", "1_000", "2147483648", "9223372036854775808", "-0.0"),
    *(
        "x" * 3000,
        "\u202e",
        "\u0662",
        "e\u0301",
        "'",
        '"',
        "#",
        "\\",
        "../x",
        "null",
        "true",
        "[",
        "{",
        "&a",
        "*a",
        "!!x",
    ),
)
_FIELD = re.compile(r"[^\s,;:=]+")


def mutated(content: bytes, random_: random.Random, kind: Kind = "bytes") -> bytes:
    """Return `content` changed at one to eight positions, in half of the cases at one.

    Args:
        content: A sound file.
        random_: Source of all choices.
        kind: What the file consists of: fields of text and values of JSON are changed as such, too, and what gzip and zip
            contain is also changed before it is packed, so that its checksum is right.
    """
    if kind == "json" and random_.random() < 0.7:
        return _mutated_json(content, random_)
    if kind == "text" and random_.random() < 0.6:
        return _mutated_fields(content, random_)
    if kind in ("gzip", "bgzip") and random_.random() < 0.8:
        inside = gzip.decompress(content)
        changed = mutated(inside, random_, "text" if inside.isascii() else "bytes")
        return _bgzip(changed) if kind == "bgzip" else gzip.compress(changed, compresslevel=1, mtime=0)
    if kind == "zip" and random_.random() < 0.8:
        return _mutated_member(content, random_)
    return _mutated_bytes(content, random_)


def _bgzip(content: bytes) -> bytes:
    """Pack one block of bgzip, and the empty one that ends a file."""
    blocks = b""
    for part in (content, b""):
        deflate = zlib.compressobj(1, wbits=-15)
        packed = deflate.compress(part) + deflate.flush()
        head = b"\x1f\x8b\x08\x04" + bytes(5) + b"\xff\x06\x00BC\x02\x00" + (len(packed) + 25).to_bytes(2, "little")
        blocks += head + packed + zlib.crc32(part).to_bytes(4, "little") + len(part).to_bytes(4, "little")
    return blocks


def _positions(random_: random.Random) -> int:
    return 1 if random_.random() < 0.5 else random_.randint(2, 8)


def _mutated_bytes(content: bytes, random_: random.Random) -> bytes:
    """Change bits, bytes and numbers, and cut, double, move or insert pieces."""
    data = bytearray(content)
    for _ in range(_positions(random_)):
        if not data:
            break
        at = random_.randrange(len(data))
        kind = random_.randrange(16)
        if kind < 3:
            data[at] ^= 1 << random_.randrange(8)
        elif kind < 5:
            data[at] = random_.choice(_BYTES)
        elif kind < 7:
            del data[at : at + random_.randint(1, 64)]
        elif kind < 9:
            data[at:at] = data[at : at + random_.randint(1, 64)]
        elif kind < 11:
            width = random_.choice((2, 4, 8))
            number = random_.choice((0, 1, -1, 2**7, 2**15, 2**31 - 1, 2**31, 2**32 - 1)) % 2 ** (8 * width)
            data[at : at + width] = number.to_bytes(width, random_.choice(("little", "big")))
        elif kind < 13:
            data[at:at] = random_.randbytes(random_.randint(1, 16))
        elif kind < 15:
            other = random_.randrange(len(data))
            data[at], data[other] = data[other], data[at]
        else:
            del data[at:]
    return bytes(data)


def _mutated_fields(content: bytes, random_: random.Random) -> bytes:
    """Replace fields by odd ones or by other fields of the text, and cut, double or move lines."""
    text = content.decode("utf-8", "surrogateescape")
    for _ in range(_positions(random_)):
        fields = list(_FIELD.finditer(text))
        if not fields:
            break
        field = random_.choice(fields)
        if random_.random() < 0.8:
            new = random_.choice(_FIELDS) if random_.random() < 0.7 else random_.choice(fields).group()
            text = text[: field.start()] + new + text[field.end() :]
            continue
        lines = text.splitlines(keepends=True)
        at, other = random_.randrange(len(lines)), random_.randrange(len(lines))
        kept = lines[other] if random_.random() < 0.5 else ""
        lines[at : at + 1] = [kept, lines[at]] if random_.random() < 0.5 else [kept]
        text = "".join(lines)
    return text.encode("utf-8", "surrogateescape")


def _mutated_member(content: bytes, random_: random.Random) -> bytes:
    """Change one member of an archive, its name, or leave it out."""
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as archive, zipfile.ZipFile(packed, "w") as changed:
        members = archive.namelist()
        one = random_.choice(members)
        for name in members:
            data, kind = archive.read(name), random_.random()
            if name != one or kind >= 0.15:
                changed.writestr(name, _mutated_bytes(data, random_) if name == one else data)
            elif kind < 0.1:
                changed.writestr(random_.choice(("../x", "x.npy", "a" * 300, name + "/x")), data)
    return packed.getvalue()


def _mutated_json(content: bytes, random_: random.Random) -> bytes:
    found = json.loads(content)
    for _ in range(random_.randint(1, 3)):
        holders = _holders(found)
        if not holders:
            break
        part = random_.choice(holders)
        key = random_.choice(list(part) if isinstance(part, dict) else range(len(part)))
        if random_.random() < 0.2:
            del part[key]
        else:
            part[key] = copy.deepcopy(random_.choice(_VALUES))  # a later change must not reach the list
    return json.dumps(found).encode()


def _holders(value: Any) -> list[Any]:
    """Return the dictionaries and lists in `value` that are not empty, at most a thousand."""
    found, pending = [], [value]
    while pending and len(found) < 1000:
        part = pending.pop()
        if isinstance(part, (dict, list)) and part:
            found.append(part)
            pending += part.values() if isinstance(part, dict) else part[:50]
    return found

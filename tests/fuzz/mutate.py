"""Seeded mutations of bytes, and of the values of JSON."""

import json
import random
from typing import Any

_BYTES = (0, 1, 0x7F, 0x80, 0xFF)
_NUMBERS = (-1, 0, 2**31, 2**63, 10**30, 1e308, -0.5)
_VALUES = (None, True, *_NUMBERS, "", "x" * 2000, "\u202e", [], {}, [[[[]]]], {"a": {"b": 1}}, "../x", "/dev/zero")


def mutated(content: bytes, random_: random.Random, *, is_json: bool = False) -> bytes:
    """Return `content` changed at one to eight positions: bits, bytes, numbers, pieces cut, doubled, moved or inserted."""
    if is_json and random_.random() < 0.7:
        return _mutated_json(content, random_)
    data = bytearray(content)
    for _ in range(random_.randint(1, 8)):
        if not data:
            break
        at = random_.randrange(len(data))
        kind = random_.randrange(8)
        if kind == 0:
            data[at] ^= 1 << random_.randrange(8)
        elif kind == 1:
            data[at] = random_.choice(_BYTES)
        elif kind == 2:
            del data[at : at + random_.randint(1, 64)]
        elif kind == 3:
            data[at:at] = data[at : at + random_.randint(1, 64)]
        elif kind == 4:
            width = random_.choice((2, 4, 8))
            number = random_.choice((0, 1, -1, 2**7, 2**15, 2**31 - 1, 2**31, 2**32 - 1)) % 2 ** (8 * width)
            data[at : at + width] = number.to_bytes(width, random_.choice(("little", "big")))
        elif kind == 5:
            data[at:at] = random_.randbytes(random_.randint(1, 16))
        elif kind == 6:
            other = random_.randrange(len(data))
            data[at], data[other] = data[other], data[at]
        else:
            del data[at:]
    return bytes(data)


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
            part[key] = random_.choice(_VALUES)
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

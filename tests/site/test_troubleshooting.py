"""Every message that the page of messages quotes is one that the code can raise."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/troubleshooting.md").read_text(encoding="utf-8")
QUOTED = re.findall(r"^`(.+)`\n: ", PAGE, flags=re.M)


def _templates():
    """Every text in the code, as (constant parts, pattern in which values are anything)."""
    for file in (ROOT / "deepbio").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.JoinedStr):
                parts = [str(part.value) if isinstance(part, ast.Constant) else None for part in node.values]
            elif isinstance(node, ast.Constant) and isinstance(node.value, str) and "\n" not in node.value:
                parts = [node.value]
            else:
                continue
            words = "".join(part for part in parts if part)
            pattern = "".join(".*?" if part is None else re.escape(part.replace("`", "'")) for part in parts)
            if len(words) >= 12:
                yield words, re.compile(pattern)


@pytest.fixture(scope="module")
def templates():
    return list(_templates())


def _raised(message, templates):
    """Whether some text of the code is the message, with at least a quarter of it in constant words."""
    return any(4 * len(words) >= len(message) and pattern.fullmatch(message) for words, pattern in templates)


@pytest.mark.parametrize("message", QUOTED, ids=lambda message: message[:40])
def test_a_quoted_message_is_one_of_the_code(message, templates):
    assert _raised(message, templates)


def test_a_message_in_other_words_is_noticed(templates):
    assert len(QUOTED) >= 30
    assert not _raised("There is no folder called 'runs/splice'. Train it first with deepbio.", templates)


def test_no_message_is_there_twice():
    assert len(set(QUOTED)) == len(QUOTED)

"""A note as plain text: HTML removed, and sentences that repeat (copied forward from an older note) read once."""

import html
import re

_TAG = re.compile(
    r"</?(?:a|abbr|b|big|body|br|center|code|dd|div|dl|dt|em|font|footer|h[1-6]|head|header|hr|html|i|img|label|li|meta|ol|p|pre|s|section|"
    r"small|span|strong|sub|sup|table|tbody|td|tfoot|th|thead|title|tr|u|ul)(?:\s[^<>]*)?/?>",
    re.IGNORECASE,
)
_HIDDEN = re.compile(r"<(style|script)\b[^>]*>.*?</\1\s*>|<!--.*?-->|<!doctype[^>]*>", re.IGNORECASE | re.DOTALL)
_NEW_LINE = re.compile(
    r"</?(?:br|div|dd|dt|footer|h[1-6]|header|hr|li|p|section|table|title|tr|ul|ol)\b", re.IGNORECASE
)
_CELL = re.compile(r"</?(?:td|th)\b", re.IGNORECASE)
_SENTENCE = re.compile(r"[^.!?;\n]+(?:[.!?;]+(?!\d)|\.(?=\d)|\n|$)\s*")
_WORDS = re.compile(r"\w+")
_STUTTER = re.compile(r"\b(\w+)(?:[ \t,]+\1\b){2,}", re.IGNORECASE)
_MIN_REPEATED = 3  # words; shorter sentences ("No.") may repeat


def plain_text(text: str) -> str:
    """Return a text without HTML: tags removed, blocks and rows on lines of their own, entities as their characters.

    A text without tags of HTML is unchanged, `<0.5` and `[**Name**]` in it too.

    Example:
        >>> plain_text("<p>Fever&nbsp;&gt; 39<br/>and a <b>rash</b>.</p>"), plain_text("Na <130, CRP > 90")
        ('Fever > 39\\nand a rash.', 'Na <130, CRP > 90')
    """
    if not _TAG.search(text):
        return text
    text = _HIDDEN.sub(" ", text)
    text = _TAG.sub(lambda match: "\n" if _NEW_LINE.match(match[0]) else ": " if _CELL.match(match[0]) else "", text)
    text = html.unescape(text).replace("\xa0", " ")
    lines = (
        re.sub(r"[ \t]+", " ", re.sub(r"(?:\s*:\s*)+", ": ", line).strip(" \t:")).strip() for line in text.split("\n")
    )
    return "\n".join(line for line in lines if line)


def without_repeats(text: str) -> str:
    """Return a text with each sentence of three words or more once, and a word that follows itself twice or more once.

    Example:
        >>> without_repeats("Fever and a rash. No cough. Fever and a rash.\\nWell.")
        'Fever and a rash. No cough. Well.'
    """
    text = _STUTTER.sub(r"\1", text)
    seen: set[tuple[str, ...]] = set()
    kept = []
    for match in _SENTENCE.finditer(text):
        words = tuple(word.lower() for word in _WORDS.findall(match[0]))
        if len(words) < _MIN_REPEATED or words not in seen:
            kept.append(match[0])
            seen.add(words)
    return "".join(kept) if seen else text

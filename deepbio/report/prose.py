"""A card's Markdown as HTML: paragraphs, headings, lists, tables, bold, code and bare links. All else is text."""

from __future__ import annotations

import re

from markupsafe import Markup, escape

_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_BULLET = re.compile(r"\s*(?:[-*]|\d+\.)\s+(.*)")
_INLINE = (
    (re.compile(r"`([^`]+)`"), r"<code>\1</code>"),
    (re.compile(r"\*\*(.+?)\*\*"), r"<strong>\1</strong>"),
    (re.compile(r"(?<![\w/\"])(https?://[^\s<>&]+[^\s<>&.,;:)])"), r'<a href="\1">\1</a>'),
)


def prose(text: str) -> Markup:
    """Return the HTML of a card's text; everything is escaped first, so no tag of the text survives.

    Example:
        >>> print(prose("Windows of **60** nucleotides & <more>."))
        <p>Windows of <strong>60</strong> nucleotides &amp; &lt;more&gt;.</p>
    """
    blocks = re.split(r"\n\s*\n", _COMMENT.sub("", text).strip())
    return Markup("\n").join(_block(block) for block in blocks if block.strip())


def _block(block: str) -> Markup:
    lines = block.splitlines()
    if lines[0].startswith("#"):
        heading = Markup("<p><strong>{}</strong></p>").format(_inline(lines[0].lstrip("# ")))
        return heading + (_block("\n".join(lines[1:])) if len(lines) > 1 else Markup())
    if len(lines) > 2 and re.fullmatch(r"\|[-:| ]+\|", lines[1].strip()):
        return _table(lines)
    if not _BULLET.match(lines[0]):
        return Markup("<p>{}</p>").format(_inline(" ".join(line.strip() for line in lines)))
    items: list[str] = []
    for line in lines:
        bullet = _BULLET.match(line)
        if bullet:
            items.append(bullet[1])
        else:
            items[-1] += " " + line.strip()
    tag = Markup("ol" if lines[0].lstrip()[0].isdigit() else "ul")
    inside = Markup().join(Markup("<li>{}</li>").format(_inline(item)) for item in items)
    return Markup("<{0}>{1}</{0}>").format(tag, inside)


def _table(lines: list[str]) -> Markup:
    rows = [[_inline(cell.strip()) for cell in line.strip().strip("|").split("|")] for line in lines]
    head = Markup().join(Markup('<th scope="col">{}</th>').format(cell) for cell in rows[0])
    body = Markup("\n").join(
        Markup('<tr><th scope="row">{}</th>{}</tr>').format(
            row[0], Markup().join(Markup("<td>{}</td>").format(cell) for cell in row[1:])
        )
        for row in rows[2:]
    )
    opening = Markup('<div class="scroll" tabindex="0" role="region" aria-label="Table of the card"><table>')
    return opening + Markup("<thead><tr>{}</tr></thead><tbody>{}</tbody></table></div>").format(head, body)


def _inline(text: str) -> Markup:
    marked = str(escape(text))
    for pattern, replacement in _INLINE:
        marked = pattern.sub(replacement, marked)
    return Markup(marked)

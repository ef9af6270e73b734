"""The built site, read as files: links, two clicks, names of things for readers who do not see them, and no address of another host.

`make docs` builds it into `site/`; these tests are skipped where it is not there.
"""

import re
from html.parser import HTMLParser
from urllib.parse import unquote, urlsplit

import pytest

from tests.site.built_site import SITE, needs_site

pytestmark = needs_site
LOADED = {
    "script": "src",
    "link": "href",
    "img": "src",
    "iframe": "src",
    "source": "src",
    "audio": "src",
    "video": "src",
}


class Page(HTMLParser):
    """What a page links to, loads and names."""

    def __init__(self, text):
        super().__init__()
        self.ids, self.links, self.loaded, self.headings = set(), [], [], []
        self.unnamed, self.labels, self.fields, self.language = [], set(), [], None
        self._within, self._label = [], False
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if "id" in attrs:
            self.ids.add(attrs["id"])
        if tag == "html":
            self.language = attrs.get("lang")
        if tag == "a" and "href" in attrs:
            self.links.append([attrs["href"], attrs.get("aria-label", "") or attrs.get("title", "")])
        if tag in ("a", "button"):
            self._within.append([tag, bool(attrs.get("aria-label") or attrs.get("title")), attrs])
        if tag == "img":
            if "alt" not in attrs:
                self.unnamed.append(("img", attrs.get("src")))
            for entry in self._within:
                entry[1] |= bool(attrs.get("alt"))
        if re.fullmatch(r"h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if tag == "label":
            self.labels.add(attrs.get("for"))
            self._label = True
        if tag in ("input", "select", "textarea") and attrs.get("type") != "hidden" and not self._label:
            self.fields.append(attrs)
        if (
            tag in LOADED
            and attrs.get(LOADED[tag])
            and attrs.get("rel") not in ("canonical", "next", "prev", "index", "search")
        ):
            self.loaded.append(attrs[LOADED[tag]])

    def handle_data(self, data):
        for entry in self._within:
            entry[1] |= bool(data.strip())
        if self._within and self._within[-1][0] == "a" and self.links:
            self.links[-1][1] += data

    def handle_endtag(self, tag):
        self._label &= tag != "label"
        if self._within and tag == self._within[-1][0]:
            kind, named, attrs = self._within.pop()
            if not named and (kind == "button" or "href" in attrs):
                self.unnamed.append((kind, attrs.get("class") or attrs.get("href")))


@pytest.fixture(scope="module")
def pages():
    return {
        file: Page(file.read_text(encoding="utf-8")) for file in SITE.rglob("*.html") if "_static" not in file.parts
    }


def _target(file, link):
    """Return the file and the fragment that a link of the site leads to, or None for another host."""
    parts = urlsplit(link)
    if parts.scheme or parts.netloc:
        return None
    path = (file.parent / unquote(parts.path)).resolve() if parts.path else file
    return path / "index.html" if path.is_dir() else path, unquote(parts.fragment)


def test_no_link_inside_the_site_is_broken(pages):
    broken = []
    for file, page in pages.items():
        for link, _ in page.links:
            found = _target(file, link)
            if found is None:
                continue
            path, fragment = found
            if not path.exists() or (fragment and path in pages and fragment not in pages[path].ids):
                broken.append((file.relative_to(SITE).as_posix(), link))
    assert broken == []
    assert len(pages) > 150


@pytest.mark.parametrize(
    ("wanted", "page", "evidence"),
    [
        ("Score my VCF", "variants.html", "deepbio variants splice in.vcf.gz"),
        ("Train on my folder of images", "your_data.html", "deepbio fit image_cnn --images"),
        ("Explain a prediction", "interpret.html", "deepbio explain"),
    ],
)
def test_a_newcomer_finds_it_within_two_clicks(pages, wanted, page, evidence):
    """The words are on a link of the first page, and the page that it leads to, or one that this links to, has the command."""
    first = SITE / "index.html"
    opened = [_target(first, link) for link, text in pages[first].links if wanted in " ".join(text.split())]
    assert opened, f"no link of the first page says {wanted!r}"
    reached = {found[0] for found in opened if found}
    reached |= {found[0] for path in set(reached) for link, _ in pages[path].links if (found := _target(path, link))}
    assert SITE / page in reached
    text = re.sub(r"<[^>]+>", "", (SITE / page).read_text(encoding="utf-8"))
    assert evidence in re.sub(r"\s+", " ", text)


def test_pages_load_nothing_from_another_host(pages):
    others = {(file.name, link) for file, page in pages.items() for link in page.loaded if urlsplit(link).netloc}
    assert others == set()
    styles = "\n".join(file.read_text(encoding="utf-8") for file in SITE.rglob("*.css"))
    assert re.findall(r"(?:@import|url\()\s*[\"']?(?:https?:)?//[^)\s]+", styles) == []


def test_every_page_names_its_language_pictures_buttons_links_and_fields(pages):
    assert {page.language for page in pages.values()} == {"en"}
    unnamed = {(file.relative_to(SITE).as_posix(), *entry) for file, page in pages.items() for entry in page.unnamed}
    assert unnamed == set()
    for file, page in pages.items():
        fields = [
            f for f in page.fields if not (f.get("aria-label") or f.get("placeholder") or f.get("id") in page.labels)
        ]
        assert fields == [], file


def test_headings_begin_with_one_title_and_leave_out_no_rank(pages):
    for file, page in pages.items():
        assert page.headings.count(1) == 1, file
        steps = [b - a for a, b in zip(page.headings, page.headings[1:], strict=False)]
        assert max(steps, default=0) <= 1, (file, page.headings)

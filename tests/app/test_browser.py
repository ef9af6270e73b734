"""The app in a real browser: each tab with real files, by mouse and keyboard, light and dark, wide and narrow, without network."""

import contextlib
import io
import os
import re
import subprocess
import sys
from urllib.parse import urlsplit

import numpy as np
import pytest
from PIL import Image

from tests.app.conftest import NOTE, SEQUENCE
from tests.chromium import Browser

pytestmark = pytest.mark.browser
DONE = "document.querySelector('#{} h2') !== null"


@pytest.fixture(scope="module")
def address(runs):
    """Address of `deepbio app`, started as a user does."""
    pytest.importorskip("fastapi", reason="needs the extra app")
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    command = [sys.executable, "-m", "deepbio", "app", str(runs), "--no-browser"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.terminate()


@pytest.fixture
def browser(tmp_path):
    """Return a browser of its own for the test, which asks 127.0.0.1 alone; its pages complain of nothing."""
    with contextlib.closing(_Checked(tmp_path / "profile")) as made:
        yield made
        made.check()


class _Checked(Browser):
    def open(self, page, **options):
        self.check()
        super().open(page, **options)

    def check(self):
        """Check what the page asked for and complained of, before the next one is opened."""
        assert [one for one in self.errors if "favicon" not in one] == []
        assert {urlsplit(url).hostname for url in self.asked if url.startswith(("http", "ws"))} <= {"127.0.0.1"}


def test_dna_pasted_explained_uploaded_and_wrong(browser, address, tmp_path):
    browser.open(f"{address}dna")
    browser.type('textarea[name="sequence"]', SEQUENCE)
    browser.run("document.querySelector('select[name=model]').value = 'dna_cnn.uci_splice'")
    browser.run("document.querySelector('select[name=explain]').value = 'both'")
    browser.click("form.job button.main")
    browser.until(DONE.format("dna-result"))
    assert "sequence: EI" in browser.text("#dna-result")
    assert browser.run("[...document.querySelectorAll('#dna-result img')].map(i => i.naturalWidth > 500)") == [True] * 2
    assert browser.run("document.activeElement.tagName") == "H2"  # a screen reader hears where it is
    (tmp_path / "two.fa").write_text(f">a\n{SEQUENCE}\n>b\n{SEQUENCE[::-1]}\n")
    browser.choose('input[name="file"]', tmp_path / "two.fa")
    browser.run("document.querySelector('select[name=explain]').value = 'none'")
    browser.click("form.job button.main")
    browser.until("document.querySelectorAll('#dna-result tbody tr').length === 2")
    (tmp_path / "wrong.fa").write_text(">a\nHELLO!\n")
    browser.choose('input[name="file"]', tmp_path / "wrong.fa")
    browser.click("form.job button.main")
    browser.until("document.querySelector('#dna-result [role=alert]') !== null")
    said = browser.text("#dna-result")
    assert said.startswith("wrong.fa, line 2")
    assert "Traceback" not in said


def test_a_variant_of_splicing_has_tracks_and_percentiles_and_can_be_cancelled(browser, address, tmp_path):
    bases = np.random.Generator(np.random.Philox(3)).choice(list("ACGT"), 12_000)
    (tmp_path / "g.fa").write_text(">chr1\n" + "".join(bases) + "\n")
    table = (
        "#NAME\tCHROM\tSTRAND\tTX_START\tTX_END\tEXON_START\tEXON_END\nGENE\t1\t+\t499\t11500\t499,5900,\t700,6000,\n"
    )
    (tmp_path / "genes.tsv").write_text(table)
    browser.open(f"{address}dna")
    other = "ACGT"[("ACGT".index(bases[6001]) + 1) % 4]
    form = 'form[action$="variant"] '
    browser.type(f'{form}input[name="variant"]', f"chr1-6002-{bases[6001]}-{other}")
    browser.choose(f'{form}input[name="fasta"]', tmp_path / "g.fa")
    browser.choose(f'{form}input[name="genes"]', tmp_path / "genes.tsv")
    browser.click(f"{form}button.main")
    browser.until("document.querySelector('#dna-result button[data-cancel]') !== null")
    browser.click("#dna-result button[data-cancel]")
    assert browser.text("#dna-result") == "Cancelled."
    browser.click(f"{form}button.main")
    browser.until(DONE.format("dna-result"), seconds=120)
    assert "GENE (+), 2 bases from an exon boundary" in browser.text("#dna-result")
    assert "percentile" in browser.text("#dna-result thead")
    assert browser.run("document.querySelectorAll('#dna-result .tracks svg rect.exon').length") == 1
    stroke = "getComputedStyle(document.querySelector('#dna-result .tracks path.axis')).stroke"
    assert browser.run(stroke) not in ("", "none")


def test_a_picture_is_predicted_attacked_by_the_slider_and_refused(browser, address, tmp_path, png):
    (tmp_path / "scan.png").write_bytes(png)
    browser.open(f"{address}images")
    browser.run("document.querySelector('select[name=model]').value = 'image_cnn.pneumoniamnist'")
    browser.choose('input[name="file"]', tmp_path / "scan.png")
    browser.click("form.job button.main")
    browser.until(DONE.format("image-result"))
    assert "Unlike the training images." in browser.text("#image-result")
    assert browser.run("document.querySelectorAll('#image-result img').length") == 2
    browser.run("document.querySelector('input[name=epsilon]').focus()")
    browser.press("ArrowRight")  # the slider by keyboard
    browser.until(DONE.format("attack-result"))
    assert "Attack within 5 of 255" in browser.text("#attack-result")
    (tmp_path / "scan.dcm").write_bytes(b"no picture")
    browser.choose('input[name="file"]', tmp_path / "scan.dcm")
    browser.click("form.job button.main")
    browser.until("document.querySelector('#image-result [role=alert].problem') !== null")
    assert browser.text("#image-result").startswith("scan.dcm: expected")


def test_a_note_is_read_by_keyboard_alone(browser, address):
    browser.open(f"{address}notes")
    browser.press("Tab")
    if browser.run("document.activeElement === document.body"):  # the first key only took the focus to the page
        browser.press("Tab")
    assert browser.run("document.activeElement.textContent") == "Skip to the content"
    for _ in range(12):
        if browser.run("document.activeElement.name") == "note":
            break
        browser.press("Tab")
    browser.type("textarea", NOTE)
    for _ in range(8):
        if browser.run("document.activeElement.type") == "submit":
            break
        browser.press("Tab")
    browser.press("Enter")
    browser.until(DONE.format("note-result"))
    assert browser.text("#note-result h2") == "Fits best: Kawasaki disease"
    assert "strawberry tongue" in browser.run(
        "[...document.querySelectorAll('mark.affirmed')].map(m => m.firstChild.data)"
    )
    assert "What to ask next" in browser.text("#note-result")


def test_rows_of_a_table_models_and_runs(browser, address, runs):
    browser.open(f"{address}tables")
    browser.choose('input[name="file"]', runs / "rows.csv")
    browser.click("form.job button.main")
    browser.until(DONE.format("table-result"))
    assert "reasons for" in browser.text("#table-result")
    browser.open(f"{address}models/dna_cnn.uci_splice")
    browser.click("form.job button.main")
    browser.until(DONE.format("check-result"))
    assert "largest difference" in browser.text("#check-result")
    browser.open(f"{address}runs")
    browser.click('input[value="dna_cnn.uci_splice"]')
    browser.click('input[value="iris"]')
    browser.click("main button.main")
    browser.until("document.querySelectorAll('.figures svg').length === 1")


def test_two_users_at_once_see_their_own_notes(browser, address, tmp_path):
    with contextlib.closing(Browser(tmp_path / "another")) as other:
        for user, word in ((browser, "Zebra stripes."), (other, "Heron feathers.")):
            user.open(f"{address}notes")
            user.type("textarea", f"{NOTE} {word}")
        for user in (browser, other):
            user.click("form.job button.main")
        for user, own, others in ((browser, "zebra", "heron"), (other, "heron", "zebra")):
            user.until(DONE.format("note-result"))
            said = user.text("#note-result").lower()
            assert own in said
            assert others not in said


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_every_page_is_labelled_readable_and_fits_a_phone(browser, address, dark):
    for tab in ("", "dna", "images", "notes", "tables", "models", "models/dna_cnn.uci_splice", "runs", "api"):
        browser.open(f"{address}{tab}", width=390, height=800, dark=dark)
        assert browser.run("document.documentElement.scrollWidth") <= 390, tab
        assert browser.run(_UNLABELLED) == [], tab
        assert browser.run(_FAINT) == [], tab
        assert browser.run("document.querySelectorAll('h1').length") == 1
        assert re.search(r"\w+ · deepbio$", browser.run("document.title"))
        with Image.open(io.BytesIO(browser.screenshot(whole=False))) as image:
            paper = np.asarray(image.convert("RGB"))[790, 2]
        assert (paper.sum() < 200) == dark


_UNLABELLED = """
[...document.querySelectorAll('input:not([type=hidden]), select, textarea, button, img, [role=region]')].filter((one) =>
  !(one.labels?.length || one.textContent.trim() && one.tagName === 'BUTTON' || one.hasAttribute('alt') || one.ariaLabel)
).map((one) => one.outerHTML.slice(0, 120))
"""
# Text whose contrast with the first painted ground behind it is below 4.5 (WCAG 2.2, 1.4.3).
_FAINT = """(() => {
const channel = (v) => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
const parse = (text) => (text.match(/[\\d.]+/g) ?? [0, 0, 0, 0]).map(Number);
const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
const ground = (one) => {
  for (; one; one = one.parentElement) {
    const color = parse(getComputedStyle(one).backgroundColor);
    if (color.length === 3 || color[3] > 0.99) return color;
  }
  return [255, 255, 255];
};
const found = [];
for (const one of document.querySelectorAll('body *')) {
  const own = [...one.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
  if (!own || !one.checkVisibility() || one.closest('svg, :disabled, .skip, option, noscript')) continue;
  const [a, b] = [light(parse(getComputedStyle(one).color)), light(ground(one))].sort((x, y) => y - x);
  if ((a + 0.05) / (b + 0.05) < 4.5) found.push(`${one.tagName} ${one.className} ${one.textContent.trim().slice(0, 40)}`);
}
return found;
})()"""

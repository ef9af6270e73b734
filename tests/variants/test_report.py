"""The page of a scored VCF: the same scores computed again, or refused; nothing of the VCF runs in it."""

import re
from html.parser import HTMLParser
from itertools import pairwise

import pytest

from deepbio.errors import DataError
from deepbio.variants import report, splice
from deepbio.variants.background import (
    KINDS,
    Background,
    background_counts,
    background_of,
    kind_of,
    percentile_text,
    read_background,
    write_background,
)
from deepbio.zoo.preset import save_preset

HEAD = "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
HOSTILE = "<script>document.title='run'</script><img/src=x/onerror=\"document.title='run'\">"


@pytest.fixture(scope="module")
def preset(tiny_model, tmp_path_factory):
    return save_preset(tiny_model, tmp_path_factory.mktemp("preset"))


@pytest.fixture(scope="module")
def inputs(tiny_genome, preset):
    return {"fasta": tiny_genome["fasta"], "annotation": tiny_genome["genes"], "weights": preset}


@pytest.fixture(scope="module")
def vcf(tiny_genome, inputs, tmp_path_factory):
    """Twelve scored records with an SNV and an insertion each, in one or two genes; one ID is hostile."""
    folder = tmp_path_factory.mktemp("vcf")
    rows = []
    for position in range(700, 2900, 190):
        base = tiny_genome["1"][position - 1]
        name = HOSTILE if position == 700 else f"rs{position}"
        rows.append(f"1\t{position}\t{name}\t{base}\t{'CGTA'['ACGT'.index(base)]},{base}TT\t.\t.\t.\n")
    (folder / "in.vcf").write_text(HEAD + "".join(rows), encoding="utf-8")
    splice(folder / "in.vcf", out=folder / "out.vcf", **inputs)
    return folder / "out.vcf"


class _Scripts(HTMLParser):
    """Names of tags, and the attributes that could run code."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.handlers = [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.handlers += [name for name, value in attrs if name.startswith("on") or "javascript:" in (value or "")]


def _info_scores(path):
    entries = re.findall(r"SpliceAI=(\S+)", path.read_text(encoding="utf-8"))
    return [max(map(float, entry.split("|")[2:6])) for line in entries for entry in line.split(",")]


def test_the_page_has_the_entries_with_the_largest_scores_in_order(vcf, inputs, tmp_path):
    found = report(vcf, tmp_path / "page.html", top=7, **inputs)
    expected = sorted(_info_scores(vcf), reverse=True)
    assert found.entries == len(expected)
    assert [round(max(one.effect.scores), 2) for one in found.explained] == expected[:7]
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert page.count("<svg") == 7 + 4  # and those of the key
    exons = {exon for one in found.explained for exon in one.gene.exons}
    assert exons <= {(500, 700), (1200, 1500), (2400, 3000), (2000, 2200), (3000, 3300), (4500, 5000)}
    for start, end in re.findall(r"exon ([\d,]+) to ([\d,]+)", page):
        assert (int(start.replace(",", "")), int(end.replace(",", ""))) in exons
    assert 'class="exon"' in page


def test_the_tracks_are_the_outputs_of_which_the_scores_are_differences(vcf, inputs, tmp_path):
    for one in report(vcf, tmp_path / "page.html", top=9, **inputs).explained:
        gains = (one.alternate - one.reference)[:, 1]
        assert one.effect.scores[0] == pytest.approx(float(gains.max()), abs=1e-6)
        assert one.effect.positions[0] == int(gains.argmax()) - 50


def test_scores_are_masked_as_by_splice(vcf, inputs, tmp_path):
    splice(vcf, out=tmp_path / "masked.vcf", mask=True, **inputs)
    masked = report(tmp_path / "masked.vcf", tmp_path / "page.html", top=100, **inputs)
    raw = report(vcf, tmp_path / "raw.html", top=100, **inputs)
    name = lambda one: (one.entry.record.position, one.entry.record.alternates, one.gene.name)  # noqa: E731
    by_name = {name(one): one for one in raw.explained}
    for one in masked.explained:
        assert one.entry.scores == pytest.approx(by_name[name(one)].masked, abs=0.0051)


def test_text_of_the_vcf_does_not_run(vcf, inputs, tmp_path):
    report(vcf, tmp_path / "page.html", top=100, **inputs)
    text = (tmp_path / "page.html").read_text(encoding="utf-8")
    found = _Scripts(text)
    assert found.tags.count("script") == 1
    assert "img" not in found.tags
    assert found.handlers == []
    assert "&lt;script&gt;document.title" in text
    assert re.search(r"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-[^' ]+'\"", text)


def test_the_header_records_the_run_and_another_run_replaces_it(vcf, inputs, tmp_path):
    splice(vcf, out=tmp_path / "again.vcf", distance=20, **inputs)
    lines = [
        line
        for line in (tmp_path / "again.vcf").read_text(encoding="utf-8").split("\n")
        if line.startswith("##deepbio")
    ]
    assert len(lines) == 1
    assert "distance=20,mask=0" in lines[0]
    assert report(tmp_path / "again.vcf", tmp_path / "page.html", **inputs).explained[0].reference.shape == (41, 3)


def test_other_inputs_than_those_of_the_scores_are_refused(vcf, inputs, tmp_path, tiny_genome):
    other = tmp_path / "other.fa"
    other.write_text(f">1\n{tiny_genome['2']}\n", encoding="ascii")
    with pytest.raises(DataError, match="scored with another fasta"):
        report(vcf, tmp_path / "page.html", **{**inputs, "fasta": other})
    with pytest.raises(DataError, match="a distance of 50; received 30"):
        report(vcf, tmp_path / "page.html", distance=30, **inputs)
    with pytest.raises(DataError, match="expected the annotation of the scores"):
        report(vcf, tmp_path / "page.html", **{**inputs, "annotation": None})
    assert not (tmp_path / "page.html").exists()


def test_scores_that_the_model_does_not_have_are_refused(vcf, inputs, tmp_path):
    text = vcf.read_text(encoding="utf-8")
    text = "".join(line for line in text.splitlines(keepends=True) if not line.startswith("##deepbio"))
    (tmp_path / "foreign.vcf").write_text(text, encoding="utf-8")
    assert report(
        tmp_path / "foreign.vcf", tmp_path / "page.html", **inputs
    ).entries  # of another program, with equal scores
    changed = re.sub(r"(SpliceAI=\w+\|\w+\|)0\.\d\d", r"\g<1>0.99", text.replace("Format: ", ""), count=1)
    (tmp_path / "changed.vcf").write_text(changed, encoding="utf-8")
    with pytest.raises(DataError, match=r"the VCF has the scores 0\.99.*computed again they are"):
        report(tmp_path / "changed.vcf", tmp_path / "changed.html", **inputs)


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ("T|G|0.1", "expected an entry"),
        ("TTT|G|0.1|0|0|0|1|1|1|1", "not in ALT"),
        ("C|G|7|0|0|0|1|1|1|1", "from 0 to 1"),
    ],
)
def test_a_malformed_entry_is_an_error_with_file_and_line(inputs, tmp_path, entry, message):
    (tmp_path / "a.vcf").write_text(f"{HEAD}1\t700\t.\tA\tC\t.\t.\tSpliceAI={entry}\n", encoding="utf-8")
    with pytest.raises(DataError, match=rf"a\.vcf, line 3: .*{message}"):
        report(tmp_path / "a.vcf", tmp_path / "page.html", **inputs)


def test_a_vcf_without_scores_is_refused(inputs, tmp_path):
    (tmp_path / "a.vcf").write_text(f"{HEAD}1\t700\t.\tA\tC\t.\t.\t.\n", encoding="utf-8")
    with pytest.raises(DataError, match="Score the VCF first"):
        report(tmp_path / "a.vcf", tmp_path / "page.html", **inputs)


def test_a_background_is_read_as_it_was_written_and_counts_lower_scores(tmp_path):
    scored = [(KINDS[0], (i / 10, 0, 0, 0), (0, 0, 0, 0)) for i in range(10)]
    background = Background({"distance": 50}, background_counts(scored))
    write_background(tmp_path / "b.json", background)
    found = read_background(tmp_path / "b.json")
    assert found == background
    assert found.size(KINDS[0]) == 10
    assert found.rank(KINDS[0], "DS_AG", 0.5, masked=False) == (5, 10)
    assert found.rank(KINDS[0], "DS", 0.004, masked=False) == (0, 10)  # 0.00, as in a VCF
    assert found.rank(KINDS[0], "DS_AG", 0.5, masked=True) == (10, 10)
    assert [kind_of(d) for d in (0, 2, -3, 10, 11, -50, 51)] == [KINDS[i] for i in (0, 0, 1, 1, 2, 2, 3)]


@pytest.mark.parametrize(
    ("lower", "size", "text"),
    [
        (0, 3000, "0.0"),
        (2999, 3000, "99.9"),  # 99.97 is not rounded up to 100
        (3000, 3000, ">99.9"),
        (995, 1000, "99.5"),
        (1000, 1000, ">99.9"),
        (200, 200, ">99.5"),
        (1, 1, ">0.0"),
    ],
)
def test_a_percentile_never_says_more_than_its_background_shows(lower, size, text):
    assert percentile_text(lower, size) == text


@pytest.mark.parametrize(
    ("weights", "lower"),
    [
        ("ci", (273, 428, 482, 500)),
        ("illumina", (269, 422, 478, 496)),
    ],
)
def test_the_background_of_the_weights_has_as_many_snvs_of_each_kind_and_few_effects_far_from_boundaries(
    weights, lower
):
    background, why = background_of(weights, 50)
    assert background is not None
    assert why == ""
    assert [background.rank(kind, "DS", 0.2, masked=False) for kind in KINDS] == [(n, 500) for n in lower]
    assert background_of(weights, 100)[1] == "the background scores are of a distance of 50, not 100"


def test_weights_without_a_background_have_no_percentiles():
    assert "without background" in background_of("mmsplice_exon.cheng2019", 50)[1]


@pytest.mark.browser
def test_the_table_sorts_and_filters_in_a_browser(tab, vcf, inputs, tmp_path):
    report(vcf, tmp_path / "page.html", top=100, **inputs)
    tab.open(tmp_path / "page.html")
    assert tab.run("document.title").startswith("Splice effects")  # and not that of a hostile ID
    entries = sorted(_info_scores(vcf), reverse=True)
    assert tab.text("#count") == f"{len(entries)} of {len(entries)} shown"
    positions = (
        "[...document.querySelectorAll('#variants tbody th')].map((cell) => Number(cell.dataset.value.split(':')[1]))"
    )
    for order in (sorted, lambda found: sorted(found, reverse=True)):
        tab.click("#variants thead th:first-child button")
        found = tab.run(positions)
        assert found == order(found)
    tab.set("#filter", "rs1080")
    rows = tab.run("[...document.querySelectorAll('#variants tbody tr')].filter((row) => !row.hidden).length")
    assert 0 < rows < len(entries)
    assert tab.text("#count") == f"{rows} of {len(entries)} shown"
    tab.set("#filter", "")
    gap, lowest = max((high - low, (high + low) / 2) for high, low in pairwise(entries))
    assert gap > 0.01  # scores of a VCF are rounded to two places
    tab.set("#lowest", lowest)
    assert tab.text("#count").split()[0] == str(sum(score > lowest for score in entries))

"""Uniform clinical spelling: de-identification marks, dates, times, numbers, units and abbreviations."""

import functools
import os
import re
from collections.abc import Mapping

from deepbio.errors import DataError
from deepbio.files import read_text

# replacements of what was removed or has no meaning of its own; plain words, so that every tokenizer keeps them whole
HIDDEN, DATE, TIME, NUMBER = "xxhidden", "xxdate", "xxtime", "xxnumber"
MAX_NUMBER = 120  # ages, days, pulse: integers up to here stay as they are

ABBREVIATIONS: dict[str, str] = {
    "abd": "abdominal",
    "b/l": "bilateral",
    "bp": "blood pressure",
    "c/o": "complains of",
    "cp": "chest pain",
    "crp": "C-reactive protein",
    "dx": "diagnosis",
    "esr": "sedimentation rate",
    "f/c": "fever and chills",
    "h/o": "history of",
    "hr": "heart rate",
    "htn": "hypertension",
    "hx": "history",
    "n/v": "nausea and vomiting",
    "n/v/d": "nausea, vomiting and diarrhea",
    "plt": "platelets",
    "pmh": "past medical history",
    "pt": "patient",
    "pts": "patients",
    "r/o": "rule out",
    "rx": "treatment",
    "s/p": "status post",
    "sob": "shortness of breath",
    "sx": "symptoms",
    "tx": "treatment",
    "uri": "upper respiratory infection",
    "uti": "urinary tract infection",
    "w/": "with",
    "w/o": "without",
    "wbc": "white blood cell count",
    "y/o": "year old",
    "yo": "year old",
}
"""Short forms and their meanings. `Tokenizer.fit(abbreviations=...)` takes a user-supplied table instead."""

NOTE_ABBREVIATIONS: dict[str, str] = ABBREVIATIONS | {
    "afebrile": "no fever", "ams": "altered mental status", "bx": "biopsy", "cxr": "chest X-ray", "doe": "dyspnea on exertion",
    "ha": "headache", "h/a": "headache", "l-spine": "lumbar spine", "lad": "lymphadenopathy", "lfts": "liver function tests",
    "loc": "loss of consciousness", "ns": "night sweats", "nkda": "no known drug allergies", "ruq": "right upper quadrant",
    "temp": "temperature", "wt": "weight", "sz": "seizure", "bm": "bowel movement", "lns": "lymph nodes", "ln": "lymph node",
    "prn": "as needed", "pmhx": "past medical history", "fhx": "family history", "svt": "tachycardia",
    "dvt": "deep vein thrombosis", "aki": "acute kidney injury", "hsm": "hepatosplenomegaly", "uop": "urine output",
    "creat": "creatinine", "bili": "bilirubin", "brbpr": "bloody stools", "&": "and", "neck stiff": "stiff neck",
    "n/v": "nausea, vomiting", "nausea and vomiting": "nausea, vomiting",
}  # fmt: skip
"""Short forms that `TermFinder` reads in notes, beyond `ABBREVIATIONS`."""

_BRITISH = [
    (re.compile(pattern, re.IGNORECASE), american)
    for pattern, american in (
        (r"(?<=an)aem(?=i)", "em"), (r"(?<=\b)an?aem", "anem"), (r"haem(?=[aeiorl])", "hem"),
        (r"aemi(?=a|c)", "emi"), (r"(?<=\w)aemi", "emi"),
        (r"(?<!i)oedema", "edema"), (r"rhoea", "rhea"), (r"oesoph", "esoph"), (r"dyspnoea", "dyspnea"), (r"apnoea", "apnea"),
        (r"orthopnoea", "orthopnea"), (r"paraesth", "paresth"), (r"anaesth", "anesth"), (r"tumour", "tumor"), (r"colour", "color"),
        (r"paed(?=iat)", "ped"), (r"leuc(?=o|a)", "leuk"), (r"melaena", "melena"), (r"faec", "fec"), (r"oestr", "estr"),
        (r"behaviour", "behavior"), (r"caes", "ces"), (r"litre", "liter"), (r"ischaem", "ischem"), (r"uraem", "urem"),
        (r"swollen oedem", "swollen edem"), (r"gynaec", "gynec"), (r"orthopaed", "orthoped"), (r"isation\b", "ization"),
    )
]  # fmt: skip

UNITS: dict[str, str] = {
    "°c": "celsius", "deg c": "celsius", "degrees c": "celsius", "degrees celsius": "celsius",
    "°f": "fahrenheit", "deg f": "fahrenheit", "degrees f": "fahrenheit", "degrees fahrenheit": "fahrenheit",
    "mcg": "microgram", "\u03bcg": "microgram", "ug": "microgram", "micrograms": "microgram",
    "mg/dl": "mgperdl", "g/dl": "gperdl", "mmol/l": "mmolperl", "meq/l": "meqperl", "mm hg": "mmhg",
    "beats/min": "bpm", "beats per minute": "bpm", "/min": "bpm", "breaths/min": "bpm",
    "kgs": "kg", "kilograms": "kg", "kilogram": "kg", "cms": "cm", "centimeters": "cm", "centimetres": "cm",
    "mls": "ml", "cc": "ml", "milliliters": "ml", "millilitres": "ml", "hrs": "hours", "hr": "hours", "h": "hours",
    "mins": "minutes", "min": "minutes", "wks": "weeks", "wk": "weeks", "mos": "months", "yrs": "years", "yr": "years",
}  # fmt: skip
"""Spellings of units, read after a number only."""

_MONTHS = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}\.?"
_HIDDEN_DATE = re.compile(r"\[\*\*\s*\d{4}-\d{1,2}(?:-\d{1,2})?\s*\*\*\]|\[\*\*\s*\d{1,2}-\d{1,2}\s*\*\*\]")
_HIDDEN = re.compile(
    r"\[\*\*[^\n\[\]]{0,200}\*\*\]|_{3,}|\bX{3,}\b"
    r"|[\[<](?:name|patient|doctor|date|hospital|location|phone|id|age|phi|redacted|removed)[^\n\[\]<>]{0,40}[\]>]",
    re.IGNORECASE,
)
_DATE = re.compile(
    r"\b(?:\d{4}-\d{1,2}-\d{1,2}|\d{1,2}/\d{1,2}/\d{2,4}|\d{1,2}\.\d{1,2}\.\d{4}"
    rf"|\d{{1,2}}(?:st|nd|rd|th)? {_MONTHS},? \d{{4}}|{_MONTHS} \d{{1,2}}(?:st|nd|rd|th)?,? \d{{4}})\b",
    re.IGNORECASE,
)
_TIME = re.compile(r"\b\d{1,2}:\d{2}(?::\d{2})?(?:\s?[ap]\.?m\b\.?)?", re.IGNORECASE)
_THOUSANDS = re.compile(r"\b\d{1,3}(?:,\d{3})+\b")
_NUMBER = re.compile(r"\b\d+(?:[.,]\d+)?\b")
NUMBER_WORDS = [
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"),
    *("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
]
TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_VALUES = {word: i for i, word in enumerate(NUMBER_WORDS)} | {word: 10 * i for i, word in enumerate(TENS, start=2)}
_IN_WORDS = re.compile(
    rf"\b(?:({'|'.join(TENS)})[- ]({'|'.join(NUMBER_WORDS[1:10])})|({'|'.join([*TENS, *reversed(NUMBER_WORDS)])}))\b",
    re.IGNORECASE,
)


def normalise(text: str, *, abbreviations: Mapping[str, str] = ABBREVIATIONS) -> str:
    """Return a note with its marks, dates, numbers, units and abbreviations written in one way.

    - de-identification marks (`[**...**]` of MIMIC-III, `___` of MIMIC-IV, `[NAME]`, `XXXX`) become `xxhidden`, or `xxdate`;
    - dates become `xxdate`, times `xxtime`;
    - numbers in words become digits; a decimal keeps its integer part; integers above 120 become `xxnumber`;
    - units after a number take one spelling, and a space before it;
    - abbreviations are written out, in any case, as whole words.

    Args:
        text: Text of one note.
        abbreviations: Short forms, in lower case, and their meanings.

    Example:
        >>> normalise("Pt is a six-year-old w/ temp 39.4°C since 2/3/2020, seen by [**Name 12**]. No SOB.")
        'patient is a 6-year-old with temp 39 celsius since xxdate, seen by xxhidden. No shortness of breath.'
    """
    text = _HIDDEN_DATE.sub(DATE, text)
    text = _HIDDEN.sub(HIDDEN, text)
    text = _DATE.sub(DATE, text)
    text = _TIME.sub(TIME, text)
    text = _units().sub(lambda match: f" {UNITS[' '.join(match[1].casefold().split())]}", text)
    if abbreviations:
        pattern, table = _short_forms(tuple(sorted(abbreviations.items())))
        text = pattern.sub(lambda match: table[match[0].casefold()], text)
    text = _IN_WORDS.sub(_digits, text)
    text = _THOUSANDS.sub(NUMBER, text)
    return _NUMBER.sub(_rounded, text)


def american(text: str) -> str:
    """Return a text with British spellings of medical words in their American form, as the ontology writes them.

    Example:
        >>> american("Haematuria, oedema, diarrhoea and anaemia")
        'hematuria, edema, diarrhea and anemia'
    """
    for pattern, form in _BRITISH:
        text = pattern.sub(form, text)
    return text


def read_abbreviations(path: str | os.PathLike[str]) -> dict[str, str]:
    """Read a table of short forms and their meanings.

    Each line has a short form, a tab and its meaning. Empty lines and lines that begin with `#` are skipped.

    Raises:
        DataError: The file is missing, or a line does not have two columns.

    Example:
        >>> import pathlib, tempfile
        >>> path = pathlib.Path(tempfile.mkdtemp()) / "short.tsv"
        >>> _ = path.write_text("# of our ward\\nCVA\\tstroke\\n")
        >>> read_abbreviations(path)
        {'cva': 'stroke'}
    """
    table: dict[str, str] = {}
    for number, line in enumerate(read_text(path).splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        short, tab, long = line.partition("\t")
        if not tab or not short.strip() or not long.strip():
            raise DataError(f"{path}, line {number}: expected a short form, a tab and its meaning.")
        table[short.strip().lower()] = long.strip()
    return table


def _digits(match: re.Match[str]) -> str:
    if match[3]:
        return str(_VALUES[match[3].lower()])
    return str(_VALUES[match[1].lower()] + _VALUES[match[2].lower()])


def _rounded(match: re.Match[str]) -> str:
    whole = re.split("[.,]", match[0])[0].lstrip("0") or "0"
    return whole if len(whole) <= 3 and int(whole) <= MAX_NUMBER else NUMBER


@functools.cache
def _units() -> re.Pattern[str]:
    spellings = "|".join(re.escape(unit).replace(r"\ ", r"\s+") for unit in sorted(UNITS, key=len, reverse=True))
    return re.compile(rf"(?<=\d)\s?({spellings})(?!\w)", re.IGNORECASE)


@functools.lru_cache(maxsize=8)
def _short_forms(items: tuple[tuple[str, str], ...]) -> tuple[re.Pattern[str], dict[str, str]]:
    table = {short.casefold(): long for short, long in items}  # as a pattern without case finds them
    shorts = "|".join(re.escape(short) for short in sorted(table, key=len, reverse=True))
    return re.compile(rf"(?<![\w/])(?:{shorts})(?![\w/])", re.IGNORECASE), table

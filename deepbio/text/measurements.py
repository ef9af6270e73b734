"""Numbers that are findings: "T 39.8" is a fever, "plt 12" a low platelet count.

Limits are those of adults, in the units that a value of that size must have; a value between the limits says nothing.
"""

import re
from typing import NamedTuple


class Measurement(NamedTuple):
    """How a quantity is written, and the finding below `low` and above `high`; `None` where there is none."""

    names: str
    low: float | None
    below: str
    high: float | None
    above: str


MEASUREMENTS = (
    Measurement(r"temp(?:erature)?\.?|(?-i:T(?:max)?)|fever(?: of| to| up to)?", 35.0, "hypothermia", 38.0, "fever"),
    Measurement(r"plt|plts|platelets?|platelet count|thrombocytes|PLT", 140, "thrombocytopenia", 450, "thrombocytosis"),
    Measurement(r"hb|hgb|h(?:a)?emoglobin", 11.5, "anemia", None, ""),
    Measurement(r"wbc|wcc|white (?:blood )?cells?(?: count)?|leu[ck]ocytes", 4.0, "leukopenia", 11.5, "leukocytosis"),
    Measurement(r"na|sodium", 133, "hyponatremia", 148, "hypernatremia"),
    Measurement(r"(?-i:K)|potassium", 3.4, "hypokalemia", 5.8, "hyperkalemia"),
    Measurement(r"(?-i:Mg)|magnesium", 0.66, "hypomagnesemia", None, ""),
    Measurement(r"ast|alt|sgot|sgpt|got|gpt", None, "", 60, "elevated circulating hepatic transaminase concentration"),
    Measurement(r"ck|cpk|creatine kinase", None, "", 250, "elevated circulating creatine kinase concentration"),
    Measurement(r"ldh", None, "", 280, "increased circulating lactate dehydrogenase concentration"),
    Measurement(r"crp|c-reactive protein", None, "", 15, "elevated circulating c-reactive protein concentration"),
    Measurement(r"esr|sed(?:imentation)? rate", None, "", 30, "elevated erythrocyte sedimentation rate"),
    Measurement(r"ferritin", None, "", 700, "increased circulating ferritin concentration"),
    Measurement(r"spo2|o2 ?sats?|sats?|oxygen(?: saturation)?|saturation", 93, "hypoxemia", None, ""),
    Measurement(r"hr|pulse|heart rate", 56, "bradycardia", 100, "tachycardia"),
    Measurement(r"rr|resp(?:iratory)? rate", None, "", 24, "tachypnea"),
    Measurement(r"inr", None, "", 1.4, "prolonged prothrombin time"),
    Measurement(r"tryptase", None, "", 20, "elevated total serum tryptase"),
    Measurement(r"albumin", 3.2, "hypoalbuminemia", None, ""),
    Measurement(r"c3", 0.8, "decreased circulating complement c3 concentration", None, ""),
    Measurement(r"qtc", None, "", 460, "prolonged QT interval"),
    Measurement(r"eos|eosinophils", None, "", 0.7, "eosinophilia"),
    Measurement(r"neutrophils|anc", None, "", 8.5, "neutrophilia"),
    Measurement(r"bll|blood lead(?: level)?|lead level", None, "", 10, "blood lead high"),
    Measurement(r"gcs", 14, "reduced consciousness", None, ""),
    Measurement(r"lvef|ef|ejection fraction", 41, "congestive heart failure", None, ""),
    Measurement(r"e?gfr", 60, "renal insufficiency", None, ""),
)
_NUMBER = r"(\d{1,3}(?:,\d{3})+|\d+(?:\.\d+)?)"
_GAP = (
    r"(?:\s*(?:count|level|of|is|are|were|was|at|about|around|up to|now|only|down to|peaked at|to)\b)?\s*[:=~<>-]?\s*"
)
_BETWEEN = re.compile(r"\b(?:if|when|should|for|unless)\b[^.;\n]{0,25}$", re.IGNORECASE)


def with_findings(text: str) -> str:
    """Return a text with the finding written after each value that is one, as a sentence of its own.

    Example:
        >>> with_findings("T 39.8, HR 72, plt 12")
        'T 39.8. Fever., HR 72, plt 12. Thrombocytopenia.'
        >>> with_findings("Return if T > 38.5.")
        'Return if T > 38.5.'
    """
    found: list[tuple[int, str]] = []
    for measurement, pattern in _PATTERNS:
        for match in pattern.finditer(text):
            value = float(match[1].replace(",", ""))
            finding = _finding(measurement, value)
            if finding and not _BETWEEN.search(text[: match.start()]):
                found.append((match.end(), finding))
    for pattern, high, low in _PAIRS:
        for match in pattern.finditer(text):
            systolic, diastolic = int(match[1]), int(match[2])
            if systolic >= high[0] or diastolic >= high[1]:
                found.append((match.end(), "hypertension"))
            elif 40 <= systolic < low:
                found.append((match.end(), "hypotension"))
    for match in _CREATININE.finditer(text):
        value = float(match[1].replace(",", ""))
        if 1.4 < value < 20 or value > 125:
            found.append((match.end(), "elevated circulating creatinine concentration"))
    for match in _BILIRUBIN.finditer(text):
        value = float(match[1])
        if (1.5 < value <= 15 and "." in match[1]) or 2 <= value <= 12 or value > 30:
            found.append((match.end(), "hyperbilirubinemia"))
    for match in _BARE_FEVER.finditer(text):
        if not _BETWEEN.search(text[: match.start()]):
            found.append((match.end(), "fever"))
    for end, finding in sorted(found, reverse=True):
        text = f"{text[:end]}. {finding[0].upper()}{finding[1:]}.{text[end:]}"
    return text


def _finding(measurement: Measurement, value: float) -> str:
    names = measurement.names
    if names.startswith("temp"):
        celsius = (value - 32) / 1.8 if 94 <= value <= 110 else value
        return "fever" if 38.0 <= celsius <= 43 else "hypothermia" if 28 <= celsius < 35 else ""
    if names.startswith("plt"):
        value = value / 1000 if value > 2000 else value  # per microlitre
    if names.startswith("hb"):
        value = value / 10 if value > 25 else value  # g/l
    if names.startswith(("wbc", "eos", "neutro")):
        value = value / 1000 if value > 500 else value
    if names == "c3":
        value = value / 100 if value > 5 else value  # mg/dl
    if names.endswith("magnesium"):
        return "hypomagnesemia" if value < 0.66 or 0.9 < value < 1.6 else ""
    if (names.endswith("potassium") and not 1 <= value <= 9) or (names.endswith("sodium") and not 100 <= value <= 180):
        return ""
    if measurement.low is not None and value < measurement.low:
        return measurement.below
    return measurement.above if measurement.high is not None and value > measurement.high else ""


_AFTER = (  # a dose, a duration, a date or a pair, which is no value
    r"(?![\d/]|\s?(?:(?-i:mg)(?!/)|mcg|tab|h|hrs|days?|d|weeks?|wk|years?|yrs?|mo)\b|\.\d|-\d)(?:\s?(?:°\s?[CF]|%|mmHg|bpm|[CF]\b))?"
)
_PATTERNS = [
    (measurement, re.compile(rf"(?<![\w.])(?:{measurement.names}){_GAP}{_NUMBER}{_AFTER}", re.IGNORECASE))
    for measurement in MEASUREMENTS
]
_PAIRS = [(re.compile(r"(?<![\d/])(\d{2,3})/(\d{2,3})(?![\d/])"), (150, 95), 92)]
_CREATININE = re.compile(rf"(?<![\w.])(?:Cr|[Cc]reat(?:inine)?){_GAP}{_NUMBER}(?![\d/])")
_BILIRUBIN = re.compile(rf"(?<![\w.])(?:[Tt]otal )?[Bb]ili(?:rubin)?{_GAP}(\d+(?:\.\d+)?)(?![\d/])")
# a bare temperature: "38.9", "39.5 degrees"; not after a name of another quantity
_BARE_FEVER = re.compile(r"(?<![\w.:=] )(?<![\w./-])(?:3[89]\.\d|4[01]\.\d)(?=\s*(?:°|degrees|C\b|[,;)\n]|\.\s|\.?$))")

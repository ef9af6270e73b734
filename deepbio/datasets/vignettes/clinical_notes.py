"""Writing one note as clinicians and patients do: telegraphic, with headings, as a template, a list, a letter or a summary."""

from collections.abc import Callable, Sequence

from deepbio.datasets.vignettes.cues import PAST
from deepbio.datasets.vignettes.notes import RandomChoices, join, number_in_words

STYLES = ("telegraphic", "narrative", "headings", "template", "list", "lay", "discharge")
RELATIVES = ("mother", "father", "brother", "sister", "aunt", "grandmother", "uncle", "cousin")


def note_in_style(
    style: str,
    affirmed: Sequence[str],
    negated: Sequence[str],
    relative: str,
    age: int,
    male: bool,
    choices: RandomChoices,
) -> str:
    """Return a note that affirms and negates phrases, in one style.

    Args:
        style: One of `STYLES`.
        affirmed: Phrases of findings that the patient has.
        negated: Phrases of findings that the patient does not have.
        relative: Phrase of a finding of a relative, or of one to come back for; `""` for none.
        age: Age in years.
        male: Whether the patient is male.
        choices: Source of randomness.
    """
    writer: Callable[..., str] = globals()[f"_{style}"]
    text = writer(choices.shuffled(affirmed), choices.shuffled(negated), age, male, choices)
    if relative and choices.below(2):
        who = choices.one_of(RELATIVES)
        text += choices.one_of(
            (
                f"\nFH: {who} with {relative}.",
                f" {who.capitalize()} had {relative}.",
                f"\nFamily history: {relative} in {who}.",
            )
        )
    elif relative:
        text += choices.one_of(
            (f" Return if {relative}.", f"\nReturn precautions: {relative}.", f" Call for {relative}.")
        )
    return text


def _who(age: int, male: bool, choices: RandomChoices) -> str:
    sex = "M" if male else "F"
    noun = ("boy" if male else "girl") if age < 18 else ("man" if male else "woman")
    return choices.one_of(
        (
            f"{age}{sex}",
            f"{age} yo {sex}",
            f"{age}y {sex}",
            f"{age} y/o {noun}",
            f"{age}-year-old {noun}",
            f"{number_in_words(age)}-year-old {noun}",
        )
    )


def _days(choices: RandomChoices) -> str:
    number = 2 + choices.below(12)
    return choices.one_of(
        (
            f"x {number}d",
            f"for {number} days",
            f"{number}/7",
            f"{number}d",
            f"for {number} weeks",
            f"x {number} wk",
            "since last week",
        )
    )


def _pieces(phrases: Sequence[str], choices: RandomChoices, limit: int = 3) -> list[str]:
    return [join(group, "and") if choices.below(2) else ", ".join(group) for group in choices.groups(phrases, limit)]


def _no(negated: Sequence[str], choices: RandomChoices) -> str:
    if not negated:
        return ""
    listed = choices.one_of((", ".join(negated), join(negated, "or"), "/".join(negated)))
    return choices.one_of(
        (
            f"No {listed}.",
            f"Denies {listed}.",
            f"Neg for {listed}.",
            f"No c/o {listed}.",
            f"w/o {listed}.",
            f"Negative for {join(negated, 'or')}.",
        )
    )


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _telegraphic(affirmed: list[str], negated: list[str], age: int, male: bool, choices: RandomChoices) -> str:
    first, *rest = _pieces(affirmed, choices) or ["seen"]
    parts = [f"{_who(age, male, choices)}, {first} {_days(choices)}.", *(_capital(piece) + "." for piece in rest)]
    return " ".join([*parts, _no(negated, choices)]).strip()


def _narrative(affirmed: list[str], negated: list[str], age: int, male: bool, choices: RandomChoices) -> str:
    he = "He" if male else "She"
    noun = ("boy" if male else "girl") if age < 18 else ("man" if male else "woman")
    first, *rest = choices.groups(affirmed, 3) or [["no complaints"]]
    parts = [
        f"{choices.one_of(('A', 'This'))} {age}-year-old {noun} "
        f"{choices.one_of(('has', 'presents with', 'came with', 'describes'))} {join(first, 'and')}."
    ]
    parts += [
        choices.one_of(
            (
                "{he} also has {x}.",
                "There is {x}.",
                "On examination there is {x}.",
                "{he} reports {x}.",
                "Then came {x}.",
            )
        ).format(he=he, x=join(x, "and"))
        for x in rest
    ]
    if negated:
        parts.append(
            choices.one_of(
                (
                    "{he} denies {x}.",
                    "{he} has no {x}.",
                    "There is no {x}.",
                    "{he} has not had {x}.",
                    "No signs of {x}.",
                )
            ).format(he=he, x=join(negated, "or"))
        )
    return " ".join(parts)


def _headings(affirmed: list[str], negated: list[str], age: int, male: bool, choices: RandomChoices) -> str:
    first, *rest = _pieces(affirmed, choices, 4) or ["check-up"]
    lines = [
        f"{choices.one_of(('HPI', 'CC', 'HISTORY OF PRESENT ILLNESS', 'Subjective'))}: {_who(age, male, choices)} "
        f"{choices.one_of(('with', 'c/o', 'p/w'))} {first} {_days(choices)}."
    ]
    titles = choices.shuffled(["Exam", "Labs", "PE", "Imaging", "Course"])
    if choices.below(2):
        lines.append(f"PMH: {choices.one_of(PAST)}, {choices.one_of(PAST)}")
    lines += [f"{titles[i % len(titles)]}: {_capital(piece)}." for i, piece in enumerate(rest)]
    if negated:
        lines.insert(1 + choices.below(len(lines)), f"ROS: {_no(negated, choices)}")
    if choices.below(2):
        lines.append(
            f"{choices.one_of(('Plan', 'A/P'))}: "
            f"{choices.one_of(('labs, follow up', 'IV fluids', 'admit', 'cultures sent', 'consult', 'rest'))}"
        )
    return "\n".join(lines)


def _template(affirmed: list[str], negated: list[str], age: int, male: bool, choices: RandomChoices) -> str:
    yes = choices.one_of((": yes", ": present", " (+)", ": +", ": positive", " +"))
    no = choices.one_of((": no", ": none", " (-)", ": absent", ": denies", ": negative"))
    items = choices.shuffled([phrase + yes for phrase in affirmed] + [phrase + no for phrase in negated])
    return "\n".join([f"Age: {age}  Sex: {'M' if male else 'F'}", *map(_capital, items)])


def _list(affirmed: list[str], negated: list[str], age: int, male: bool, choices: RandomChoices) -> str:
    mark = choices.one_of(("- ", "* ", "# ", "• "))
    lines = [_who(age, male, choices), *_pieces(affirmed, choices, 6), *(f"no {phrase}" for phrase in negated)]
    return "\n".join(mark + line for line in [lines[0], *choices.shuffled(lines[1:])])


def _lay(affirmed: list[str], negated: list[str], age: int, male: bool, choices: RandomChoices) -> str:
    noun = "man" if male else "woman"
    start = f"I am a {age} year old {noun}." if age > 15 else f"My {'son' if male else 'daughter'} is {age}."
    verb = "I have had" if age > 15 else ("He has" if male else "She has")
    parts = [
        start,
        *(
            f"{choices.one_of((verb, verb, 'Then came', 'There is also'))} {piece}."
            for piece in _pieces(affirmed, choices)
        ),
    ]
    if negated:
        parts.append(
            f"{choices.one_of(('I do not have', 'No', 'I have not had') if age > 15 else ('No',))} {join(negated, 'or')}."
        )
    return " ".join(parts)


def _discharge(affirmed: list[str], negated: list[str], age: int, male: bool, choices: RandomChoices) -> str:
    first, *rest = _pieces(affirmed, choices, 4) or ["observation"]
    name = choices.one_of(("[**Known lastname**]", "___", "The patient", "Pt"))
    parts = [
        f"{choices.one_of(('DISCHARGE SUMMARY', 'Hospital course:', 'Summary:', 'Course:'))}\n"
        f"{name} is a {_who(age, male, choices)} admitted with {first}."
    ]
    parts += [f"{choices.one_of(('Found to have', 'Workup showed', 'Also', 'Later'))} {piece}." for piece in rest]
    return " ".join(
        [*parts, _no(negated, choices), choices.one_of(("Home in good condition.", "F/u in 2 weeks.", ""))]
    ).strip()

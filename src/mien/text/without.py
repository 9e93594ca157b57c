"""What a face shall not have: phrases that are denied beside a sentence."""

from __future__ import annotations

import re
from dataclasses import replace

from mien.attributes import COLUMNS, in_words
from mien.errors import InputError, WrongType
from mien.text.reader import Reading, read


def ruled_out(reading: Reading, without: str) -> tuple[Reading, str, list[str]]:
    """A reading with English phrases (``glasses, a beard``) ruled out.

    With it what is ruled out as words, to be said behind the sentence, and what the person should
    know. WrongType: ``without`` is no text; InputError: it says nothing, or the sentence asks for
    what it rules out.
    """
    if not isinstance(without, str):
        raise WrongType("without", without, "words, such as 'glasses, a beard'")
    phrases = [part.strip() for part in re.split(r",|;|\band\b|\bor\b", without)]
    phrases = [re.sub(r"^(?:no|not|without)\s+", "", part) for part in phrases if part]
    if not phrases:
        raise InputError("`without` says nothing; name what the face shall not have, as 'glasses'")
    asserted = dict(reading.asserted)
    denied = {column: set(values) for column, values in reading.denied.items()}
    unread = []
    for phrase in phrases:
        found = read(f"without {phrase}", "en")
        if found.unknown:
            unread.append(phrase)
        for column, value in found.asserted.items():
            if asserted.setdefault(column, value) != value:
                raise _contradiction(column, asserted[column], phrase)
        for column, values in found.denied.items():
            if asserted.get(column) in values:
                raise _contradiction(column, asserted[column], phrase)
            denied.setdefault(column, set()).update(values)
    notes = [f"not read of what shall not be: {', '.join(unread)}"] if unread else []
    made = replace(
        reading,
        asserted={column: asserted[column] for column in COLUMNS if column in asserted},
        denied={column: frozenset(denied[column]) for column in COLUMNS if column in denied},
    )
    return made, ", ".join(f"without {phrase}" for phrase in phrases), notes


def _contradiction(column: str, value: str, phrase: str) -> InputError:
    return InputError(
        f"the sentence says {in_words(column, value)!r}, and `without={phrase!r}` rules that out; "
        "leave out one of the two"
    )

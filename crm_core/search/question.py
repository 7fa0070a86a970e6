"""What somebody typed into the one box, understood: words, a number, the beginning of one."""

from dataclasses import dataclass
from functools import cached_property

from crm_core.search.folding import LONGEST_SEARCH, folded, packed
from telephony.numbers import Number, normalise

SHORTEST_DIGITS = 4  # fewer digits are part of a name (1C, "Bar 42") rather than of a number
GRAM = 3
"""The engines look up three signs at a time: what is shorter is looked for where a word begins."""
_MOST_WORDS = 8

_LATIN_KEYS = "`qwertyuiop[]asdfghjkl;'zxcvbnm,."
_CYRILLIC_KEYS = "ёйцукенгшщзхъфывапролджэячсмитьбю"
_TO_CYRILLIC = str.maketrans(_LATIN_KEYS, _CYRILLIC_KEYS)
_TO_LATIN = str.maketrans(_CYRILLIC_KEYS, _LATIN_KEYS)

Parts = tuple[str, ...]
"""What a text must hold, all of it."""


@dataclass(frozen=True)
class Question:
    """`words` folded and packed as texts are; `number` in E.164 where the whole is a valid one;
    `digits` what a stored number would contain if this is part of one."""

    words: tuple[str, ...]
    number: str | None
    digits: tuple[str, ...]

    @cached_property
    def whole(self) -> str:
        """The words as one."""
        return " ".join(self.words)

    @property
    def is_address(self) -> bool:
        """Whether it may be an e-mail address as a whole."""
        return len(self.words) == 1 and "@" in self.whole

    @property
    def is_short(self) -> bool:
        """Whether it is single letters, which no index looks up."""
        return all(len(word) < GRAM - 1 for word in self.words)

    @cached_property
    def anywhere(self) -> tuple[Parts, ...]:
        """A text that holds all parts of one of these fits."""
        parts = tuple(word if len(word) >= GRAM else f" {word}" for word in self.words)
        fits = [parts, *((digits,) for digits in self.digits)]
        # Of the first word alone it is not said that it must begin one in the whole.
        if len(self.words[0]) < GRAM <= len(self.whole):
            fits.append((self.whole,))
        return tuple(dict.fromkeys(fits))

    @cached_property
    def at_words(self) -> tuple[Parts, ...]:
        """The same, where each part begins a word, or ends a number."""
        if self.is_short:
            return ((self.whole,),) if len(self.whole) >= GRAM else self.at_name
        words = tuple(f" {word}" for word in self.words)
        numbers = [part for digits in self.digits for part in ((f" {digits}",), (f"{digits} ",))]
        return tuple(dict.fromkeys([words, *numbers]))

    @cached_property
    def at_name(self) -> tuple[Parts, ...]:
        """The same, where the name begins with the whole question."""
        return ((f"^ {self.whole}",),)

    @cached_property
    def exactly(self) -> tuple[Parts, ...]:
        """A whole number or e-mail address; nothing for other questions."""
        addresses = (self.whole,) if self.is_address else ()
        return tuple((f" {each} ",) for each in (*addresses, *self.digits))


def ask(text: str, country: str) -> Question | None:
    """The question in `text` as somebody in `country` ("RU") writes numbers; None for nothing."""
    written = text[:LONGEST_SEARCH]
    words = tuple(packed(folded(written)).split()[:_MOST_WORDS])
    if not words:
        return None
    number = normalise(written, country)
    return Question(
        words, number.e164, () if _has_letters(written) else _parts_of_number(written, number)
    )


def in_other_layout(text: str) -> str:
    """What the same keys write where the keyboard is switched from Latin to Cyrillic letters, or
    back: "gtnhjd" is петров. "" where there are none such."""
    lower = text.lower()
    table = _TO_LATIN if any(letter in _CYRILLIC_KEYS for letter in lower) else _TO_CYRILLIC
    other = lower.translate(table)
    return other if other != lower and _has_letters(lower) else ""


def is_number(text: str, country: str) -> bool:
    """Whether what was typed is written like a number, or like a part of one."""
    return bool(normalise(text, country).digits) and not _has_letters(text)


def _parts_of_number(written: str, number: Number) -> tuple[str, ...]:
    if len(number.digits) < SHORTEST_DIGITS:
        return ()
    # The beginning of 8 916 … is kept as 7916…: look for it without the trunk prefix too.
    trunk = "00" if number.digits.startswith("00") else number.digits[:1]
    rest = number.digits[len(trunk) :]
    # "8 495" is a beginning for sure; "8495" may as well be the last four.
    shortest = SHORTEST_DIGITS - (not written.lstrip()[len(trunk) :][:1].isdigit())
    if trunk in ("00", "0", "8", "1") and len(rest) >= shortest:
        return number.digits, rest
    return (number.digits,)


def _has_letters(text: str) -> bool:
    return any(character.isalpha() for character in text)

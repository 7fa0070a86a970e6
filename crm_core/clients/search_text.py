"""The one normaliser of what is searched: no engine's own idea of case or alphabet is relied on."""

import unicodedata

LONGEST_SEARCH = 100  # characters of a question; more finds nothing anyway


def searchable(*parts: str) -> str:
    """The shadow column of a record: each part folded, one to a line."""
    return "\n".join(filter(None, map(folded, parts)))


def folded(text: str) -> str:
    """NFKC, case folded, ё as е, quotes and control characters gone, single spaces."""
    whole = unicodedata.normalize("NFKC", text.encode("utf-8", "replace").decode("utf-8"))
    kept = "".join(" " if c in _IGNORED or _is_control(c) else c for c in whole.casefold())
    return " ".join(kept.replace("ё", "е").split())


def containing(text: str) -> str:
    r"""A LIKE pattern (escape `\`) that finds `text` anywhere, whatever signs are in it."""
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"


_IGNORED = frozenset("«»\"„“”'`")


def _is_control(character: str) -> bool:
    return unicodedata.category(character) in {"Cc", "Cf"}

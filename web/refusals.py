"""What is refused outside a page: one sentence, in the language of whoever reads it."""

from web.i18n import Reader


class Refusal(Exception):
    """`text` is one English sentence marked with N_, `%(name)s` filled from `values`."""

    def __init__(self, text: str, /, **values: object) -> None:
        self.text = text
        self.values = values
        super().__init__(self.said(Reader()))

    def said(self, reader: Reader) -> str:
        """The sentence in the reader's language."""
        return reader.gettext(self.text, **self.values)


class SettingsRefused(Refusal):
    """The settings cannot be used."""

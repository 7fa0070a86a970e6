"""What a command may refuse, as codes; the web floor turns each into a sentence."""


class CrmError(Exception):
    """A refusal with a stable `code` and the values its sentence needs."""

    code = "refused"

    def __init__(self, code: str | None = None, **values: object) -> None:
        self.code = code or self.code
        self.values = values
        super().__init__(f"{self.code} {values}" if values else self.code)


class NotFound(CrmError):
    """No such record, or none that this person may see: the two look the same on purpose."""

    code = "not_found"


class Forbidden(CrmError):
    """The person's role does not allow this."""

    code = "forbidden"


class Invalid(CrmError):
    """A value cannot be accepted; `field` names it as the form does."""

    code = "invalid"

    def __init__(self, field: str, code: str, **values: object) -> None:
        super().__init__(code, **values)
        self.field = field


class Conflict(CrmError):
    """Somebody else has it, or changed it meanwhile."""

    code = "conflict"

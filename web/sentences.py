"""Every code that a floor below may answer with, as a sentence that says what to do.

A text may use the values that come with the code: `%(name)s`. Codes without an entry are a defect
that a test finds; a person then reads a general sentence rather than a word of ours.
"""

from collections.abc import Mapping

from crm_core.agents.roles import Role
from web.i18n import N_, Reader

GENERAL = N_("This could not be done. Reload the page and try again.")

SENTENCES: dict[str, str] = {
    # general
    "refused": GENERAL,
    "not_found": N_("There is no such record, or it is not yours to see."),
    "forbidden": N_("Your role does not allow this."),
    "invalid": N_("This value cannot be accepted."),
    "conflict": N_("Somebody changed this meanwhile. Reload the page and make your change again."),
    # forms
    "required": N_("Fill this in."),
    "too_long": N_("Too long: at most %(limit)s characters."),
    "not_a_number": N_("Write a whole number."),
    "too_small": N_("At least %(least)s."),
    "too_large": N_("At most %(most)s."),
    "not_a_choice": N_("Choose one of the list."),
    "not_a_moment": N_("Write a date and a time."),
    "no_such_moment": N_("The clocks change that night: this time does not exist. Choose another."),
    "passwords_differ": N_("The two passwords are not the same."),
    # the door
    "login_failed": N_("This login and password do not fit together."),
    "too_many_logins": N_("Too many attempts. Try again in %(wait)s."),
    "csrf_failed": N_("This page was open too long or in another login. Reload it and try again."),
    "wrong_origin": N_("The request came from another site and was not carried out."),
    "too_large_request": N_("This is too much to send at once."),
    "login_needed": N_("You are not logged in any more. Reload the page and log in."),
    "login_bad": N_("A login is 2 to 64 letters, digits and . _ - + @, without blanks."),
    "login_taken": N_("Somebody has the login %(login)s already. Choose another."),
    "password_wrong": N_("This is not your password."),
    "password_too_short": N_("At least %(least)s characters."),
    "password_too_long": N_("At most %(most)s characters."),
    "password_contains_login": N_("A password must not contain the login."),
    "password_too_simple": N_("Too easy to guess. Use more different characters."),
    "last_administrator": N_("%(name)s is the last administrator. Make somebody else one first."),
    "unknown_choice": N_("Choose one of the list."),
    "unknown_field": N_("This page is older than the server. Reload it and try again."),
    "out_of_range": N_("Between %(least)s and %(most)s."),
    # the exchange
    "telephony_failed": N_("The exchange could not do this."),
    "not_connected": N_("There is no link to the exchange now. Try again when it is back."),
    "link_lost": N_("The link to the exchange broke meanwhile. Look whether it was done."),
    "action_timed_out": N_("The exchange did not answer in time. Look whether it was done."),
    "action_refused": N_("The exchange refused: %(message)s"),
    "login_refused": N_("The exchange does not accept our login."),
    "unsafe_value": N_("This contains characters that may not be sent to the exchange."),
    "not_parked": N_("This call is not on hold any more."),
    # what was done
    "profile_saved": N_("Your settings are saved."),
    "password_changed": N_("Your password is changed. You are logged out everywhere else."),
    "sessions_closed": N_("You are logged out everywhere else."),
    "logged_out": N_("You are logged out."),
}

ROLE_NAMES: dict[Role, str] = {
    Role.OPERATOR: N_("Operator"),
    Role.SUPERVISOR: N_("Supervisor"),
    Role.HEAD_OF_SALES: N_("Head of sales"),
    Role.ADMINISTRATOR: N_("Administrator"),
}

LINK_REASONS: dict[str, str] = {
    "unreachable": N_("nothing answers at its address"),
    "connect_timed_out": N_("it does not answer in time"),
    "tls_failed": N_("the secure connection cannot be made"),
    "not_asterisk": N_("what answers there is not Asterisk's manager interface"),
    "login_refused": N_("it does not accept our login"),
    "peer_closed": N_("it closed the connection"),
    "shutdown": N_("it is shutting down or restarting"),
    "silent": N_("it has gone silent"),
    "fell_behind": N_("it spoke faster than we could listen"),
    "stopped": N_("the link was stopped"),
    "fault": N_("a fault of ours, see the log"),
}
"""Why there is no link to the exchange: ends the sentence "No link to the exchange: …"."""


def sentence(reader: Reader, code: str, values: Mapping[str, object] | None = None) -> str:
    """What `code` means, in the reader's language; the general text when values are missing."""
    try:
        return reader.gettext(SENTENCES.get(code, GENERAL), **(values or {"": ""}))
    except (KeyError, TypeError, ValueError):
        return reader.gettext(GENERAL)


def link_reason(reader: Reader, reason: str) -> str:
    """The end of the sentence "No link to the exchange: …"."""
    return reader.gettext(LINK_REASONS.get(reason, LINK_REASONS["fault"]))

"""The link to the exchange, and which exchange it is."""

from typing import Final

from web.check_texts.text import Text
from web.i18n import N_

_TLS: Final = (
    "[general]\ntlsenable = yes\ntlsbindaddr = 0.0.0.0:5039\n"
    "tlscertfile = /etc/asterisk/keys/asterisk.pem"
)

LINK: Final = {
    "link.simulated": Text(
        N_("The exchange is simulated: calls and people are made up, nothing has to be set up.")
    ),
    "link.reached": Text(N_("Asterisk's manager interface (AMI) answers at %(host)s:%(port)s.")),
    "link.unreachable": Text(
        N_("Nothing answers at %(host)s:%(port)s."),
        N_(
            "See whether Asterisk runs, and whether manager.conf opens its manager interface at "
            "this port. Between two machines, bindaddr must be an address that this machine "
            "reaches, and a firewall may stand in between. The address we try is [exchange] host "
            "and port in perezvon.toml."
        ),
        "[general]\nenabled = yes\nport = %(port)s",
    ),
    "link.timed_out": Text(
        N_("%(host)s:%(port)s gives no answer in time."),
        N_(
            "Either the address is wrong ([exchange] host and port in perezvon.toml), or a "
            "firewall in between swallows what we send."
        ),
    ),
    "link.not_asterisk": Text(
        N_("What answers at %(host)s:%(port)s is not Asterisk's manager interface."),
        N_(
            "Look at [exchange] port in perezvon.toml: usually it is 5038, not the port of SIP or "
            "of a web page."
        ),
    ),
    "link.tls_wanted": Text(
        N_("%(host)s:%(port)s is for secure connections (TLS) only."),
        N_(
            "Set tls = true under [exchange] in perezvon.toml, or give the plain port (usually "
            "5038)."
        ),
    ),
    "link.closed": Text(
        N_("%(host)s:%(port)s hung up before we could log in."),
        N_(
            "Perhaps this port is for secure connections: then set tls = true under [exchange] in "
            "perezvon.toml. Or Asterisk was just restarting: check again."
        ),
    ),
    "link.shutting_down": Text(
        N_("Asterisk is shutting down or restarting."), N_("Check again in a minute.")
    ),
    "link.failed": Text(
        N_("The link to %(host)s:%(port)s could not be made: %(details)s"),
        N_("Look at [exchange] in perezvon.toml, then check again."),
    ),
    "link.not_tls": Text(
        N_("At %(host)s:%(port)s Asterisk does not speak TLS (secure connections)."),
        N_(
            "Either set tls = false under [exchange] in perezvon.toml, or switch TLS on in "
            "manager.conf and give its port (usually 5039)."
        ),
        _TLS,
    ),
    "link.certificate_refused": Text(
        N_("The certificate of %(host)s is not one that this machine trusts."),
        N_(
            "Give Asterisk a certificate for exactly this name (tlscertfile in manager.conf), or "
            "set tls_verify = false in perezvon.toml: the line is then secret, but nobody looks "
            "who is at its other end."
        ),
    ),
    "link.tls_failed": Text(
        N_("No secure connection to %(host)s:%(port)s can be made: %(details)s"),
        N_("Look at tlsenable, tlsbindaddr and tlscertfile in manager.conf."),
    ),
    "link.login_refused": Text(
        N_("Asterisk refuses our login “%(username)s”."),
        N_(
            "Compare username and secret in perezvon.toml with the section [%(username)s] of "
            "manager.conf. Its permit lines must allow the address of this machine. It was tried "
            "once, so that nobody is locked out. If Perezvon runs at the same time, the reason "
            "may be allowmultiplelogin = no."
        ),
    ),
    "link.refused_lately": Text(
        N_("Asterisk refused our login a moment ago; it was not tried again."),
        N_(
            "Too many wrong logins would have this machine locked out. Mend username and secret, "
            "then check again in a minute."
        ),
    ),
    "link.answers_late": Text(
        N_("Asterisk is logged in to, but gives no answer within %(seconds)s s."),
        N_("It is overloaded or hangs. Look at its processor and its log, then check again."),
    ),
    "link.broke": Text(N_("The link to Asterisk broke while we were asking."), N_("Check again.")),
    "link.let_in": Text(N_("Asterisk accepts our login “%(username)s”.")),
    "link.secure": Text(N_("The connection is secure (TLS), and its certificate is valid.")),
    "link.inside": Text(
        N_("The connection is not encrypted, and need not be: it stays inside (%(host)s).")
    ),
    "link.unverified": Text(
        N_("The connection is encrypted, but nobody looks whose certificate it is."),
        N_("Give Asterisk a certificate that this machine trusts and set tls_verify = true."),
    ),
    "link.readable": Text(
        N_("The connection to %(host)s is not encrypted: whoever is in between reads along."),
        N_(
            "If the way to it leaves your own network, switch TLS on in manager.conf and set "
            "tls = true under [exchange] in perezvon.toml."
        ),
        _TLS,
    ),
    "link.version": Text(N_("It is Asterisk %(version)s (AMI %(ami)s).")),
    "link.version_old": Text(
        N_("It is Asterisk %(version)s; Perezvon is made for %(oldest)s and newer."),
        N_("Calls may be logged incompletely. Have Asterisk brought up to date."),
    ),
    "link.version_unseen": Text(
        N_("Which Asterisk it is could not be seen."),
        N_("Our account may not ask: see the line about “reporting” below."),
    ),
}

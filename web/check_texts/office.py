"""Queues, phones and trunks: the exchange's and ours."""

from typing import Final

from web.check_texts.text import TO_SEE_FILES, Text
from web.i18n import N_

QUEUES: Final = {
    "queues.none": Text(N_("There are no queues, here or there.")),
    "queues.known": Text(N_("Both sides know: %(queues)s.")),
    "queues.missing_there": Text(
        N_("Asterisk does not know: %(queues)s. Nobody is rung for them."),
        N_(
            "Compare the names: Administration → Queues must have them exactly as queues.conf "
            "does, capital letters too. Or add the queue to queues.conf and run: "
            'asterisk -rx "queue reload all"'
        ),
        freepbx=N_(
            "Compare the names: a FreePBX queue is called by its number (400). Correct it under "
            "Administration → Queues, or add the queue in FreePBX: Applications → Queues."
        ),
    ),
    "queues.missing_here": Text(
        N_("Only Asterisk knows: %(queues)s. Their calls are logged, but seat nobody."),
        N_("Add those you use under Administration → Queues, by exactly these names."),
    ),
    "queues.not_loaded": Text(
        N_("Asterisk has no queues at all: app_queue is not loaded."),
        N_("Have the module loaded, at once and at every start (modules.conf)."),
        'asterisk -rx "module load app_queue.so"',
    ),
    "queues.ring_the_free": Text(N_("Queues ring only operators who are free (ringinuse = no).")),
    "queues.ring_in_use": Text(
        N_("These queues ring operators who are talking already (ringinuse): %(queues)s."),
        N_('In queues.conf, in each of them, then: asterisk -rx "queue reload all"'),
        "ringinuse = no",
        N_("In FreePBX: Applications → Queues → the queue: set Skip Busy Agents to Yes."),
    ),
    "queues.rules_unseen": Text(
        N_("Whether queues ring operators who are talking (ringinuse) could not be seen."),
        TO_SEE_FILES,
    ),
    "queues.members_dead": Text(
        N_("Members of queues that Asterisk cannot ring at all: %(interfaces)s."),
        N_("There is no such phone. Take them out of the queue, or correct their names."),
    ),
    "queues.members_written": Text(
        N_(
            "These queues have members of their own in queues.conf: %(queues)s. Perezvon pauses "
            "and unpauses them, and never takes them out."
        )
    ),
}

ENDPOINTS: Final = {
    "endpoints.listed": Text(N_("Phones: %(phones)s. Trunks: %(trunks)s.")),
    "endpoints.unseen": Text(
        N_("Which phones and trunks Asterisk has could not be seen."),
        N_("Our account lacks system in its write line: see above."),
    ),
    "endpoints.no_phones": Text(
        N_("None of Asterisk's endpoints is taken for a phone: no call would be an operator's."),
        N_(
            "Say which are phones on the page Administration → Check, or set phones under "
            "[exchange] in perezvon.toml: a regular expression that all their names match."
        ),
    ),
    "endpoints.no_trunks": Text(
        N_("Every endpoint is taken for a phone: calls from outside would count as internal."),
        N_(
            "If calls come in through one of them, say so on the page Administration → Check. "
            "Where they come by other ways (DAHDI, IAX), nothing is to be done."
        ),
    ),
    "endpoints.extension_is_trunk": Text(
        N_("Extensions whose phone is taken for a trunk: %(names)s. Their calls count as outside."),
        N_("Say on the page Administration → Check that it is a phone."),
    ),
    "endpoints.phones_like_trunks": Text(
        N_("Taken for phones, but they look like trunks (they lead to a provider): %(names)s."),
        N_(
            "If a provider is behind one, say on the page Administration → Check that it is a "
            "trunk."
        ),
    ),
    "endpoints.trunks_like_phones": Text(
        N_("Taken for trunks, but they look like phones (they log in here): %(names)s."),
        N_("If somebody talks on one, say on the page Administration → Check that it is a phone."),
    ),
    "endpoints.extensions": Text(N_("Every extension of Perezvon has its phone in Asterisk.")),
    "endpoints.extension_missing": Text(
        N_("Asterisk has no phone for the extensions %(names)s: they cannot be rung."),
        N_(
            "Correct “Phone of the exchange” under Administration → Extensions (101 is usually "
            "PJSIP/101), or add the phone to Asterisk."
        ),
    ),
    "endpoints.without_extension": Text(
        N_("Phones that are nobody's extension: %(names)s. Their calls are logged without a name."),
        N_(
            "Where somebody works at one, add it under Administration → Extensions. A phone in "
            "the hall may stay as it is."
        ),
    ),
}

"""Every code that a floor below may answer with, as a sentence that says what to do.

A text may use the values that come with the code: `%(name)s`. Codes without an entry are a defect
that a test finds; a person then reads a general sentence rather than a word of ours.
"""

from collections.abc import Mapping

from crm_core.agents.roles import Role
from web.i18n import N_, Reader
from web.scenario_sentences import SCENARIO_SENTENCES

GENERAL = N_("This could not be done. Reload the page and try again.")

SENTENCES: dict[str, str | tuple[str, ...]] = {
    **SCENARIO_SENTENCES,
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
    # people and their places
    "agent_inactive": N_("%(name)s does not work here any more."),
    "extension_taken": (
        N_("%(name)s sits at %(number)s. Choose another phone."),
        N_("There is an extension %(value)s already."),
    ),
    "extension_reserved": N_("%(number)s is the desk of %(name)s. Choose another phone."),
    "extension_retired": N_("%(number)s is not in use any more. Choose another phone."),
    "extension_in_use": N_("%(name)s sits there now. Ask them to leave the phone first."),
    "extension_bad": N_("An extension is 2 to 6 digits."),
    "endpoint_bad": N_("Asterisk can have no endpoint of this name."),
    "interface_bad": N_("An interface looks like PJSIP/101."),
    "interface_taken": N_("Another extension has the interface %(value)s."),
    "queue_bad": N_("Write the queue's name exactly as Asterisk has it, without blanks."),
    "queue_taken": N_("There is a queue %(value)s already."),
    "code_bad": N_("A code is small Latin letters, digits, _ and -."),
    "code_taken": N_("There is a code %(value)s already."),
    "code_reserved": N_("The code %(value)s is used by the product itself. Choose another."),
    "last_disposition": N_("%(title)s is the last one: without any, no call could be wrapped up."),
    "not_logged_in": N_("Choose your phone first."),
    "disposition_missing": N_("Choose what the call was."),
    "next_step_needed": N_("Such a call needs a next step: say when, what and for whom."),
    "busy_with_call": N_("Finish the call first."),
    "wrap_up_open": N_("Finish the form about the last call first."),
    "unknown": N_("Choose one of the list."),
    # clients and their numbers
    "stale": N_("Somebody changed this meanwhile. Reload the page and make your change again."),
    "edited_meanwhile": (
        N_("%(agent_name)s has written something else here meanwhile."),
        N_("Somebody has written something else here meanwhile."),
    ),
    "changed_since": N_("This has been changed again since, and is left as it is."),
    "undone": N_("Taken back."),
    "one_number": N_("Write one number here; others are added below."),
    "email_bad": N_("%(value)s is no e-mail address."),
    "site_bad": N_("%(value)s is no address of a site."),
    "point_known": N_("This client has %(value)s already."),
    "too_many_points": N_("A client has at most %(most)s addresses."),
    "too_many_entities": N_("A client has at most %(most)s legal entities."),
    "country_bad": N_("A country is two letters: RU, SK, DE."),
    "requisite_length": N_("%(value)s has too few or too many digits."),
    "requisite_checksum": N_("%(value)s cannot be right: its check digit does not fit. A typo?"),
    "requisite_format": N_("%(value)s does not look like such a number."),
    "rights_saved": N_("The rights are saved and hold from now on."),
    "rights_of_administrators": N_("Administrators may do everything: that cannot be changed."),
    "file_missing": N_("Choose a file."),
    "file_empty": N_("This file is empty."),
    "file_too_large": N_("A file is at most %(most)s MB."),
    "currency_bad": N_("A currency is three letters: RUB, EUR, USD."),
    "not_an_amount": N_("Write an amount in digits."),
    "amount_too_large": N_("This amount is too large."),
    "amount_too_fine": N_("This currency has %(decimals)s decimals."),
    "title_taken": N_("There is %(value)s already."),
    "number_anonymous": N_("The caller hid the number: there is nothing to remember it by."),
    "number_known": N_("This client has the number %(number)s already."),
    "number_without_digits": N_("A number needs digits."),
    "number_with_letters": N_("“%(value)s” is not a number: letters do not belong into it."),
    "too_many_numbers": N_("At most %(most)s numbers at once."),
    # tasks and wrap-ups
    "zone_missing": N_("Write a date and a time."),
    "past": N_("This time has passed. Choose one to come."),
    "too_far": N_("This is too far away. Choose an earlier day."),
    "ambiguous": N_("Choose either a person or a team."),
    "already_done": N_("This task is done already."),
    "already_taken": N_("A colleague has taken this task already."),
    "another_open": N_("There is another open callback to this number."),
    "changed_meanwhile": N_(
        "Somebody changed this meanwhile. Reload the page and make your change again."
    ),
    "form_not_open": N_(
        "The call is still being written down. What you have typed stays here: save it again in a "
        "moment."
    ),
    "already_finished": N_("This form has been sent already."),
    "wrap_up_by_form": N_(
        "Only the form about the call does this task. A supervisor may close it with a reason."
    ),
    "reason_too_long": N_("The reason is too long. Say it in fewer words."),
    "reason_missing": N_("Say in a few words why it is closed without the form."),
    "skip_not_allowed": N_("This queue's calls must be wrapped up."),
    # the law of dialling, do-not-call lists, consents
    "client_unknown": N_("No client has this number."),
    "client_ambiguous": N_("Several clients have this number."),
    "consent_not_later": N_("He said stop after this consent: a newer one is needed."),
    "consent_of_another": N_("This consent is another person's, or for another number."),
    "consent_revoked": N_("This consent has been taken back already."),
    "consent_superseded": N_("This consent has been corrected already: change the newer one."),
    "ends_before_it_begins": N_("This is before the beginning. Choose a later time."),
    "in_future": N_("This is still to come. Write when it happened."),
    "not_in_future": N_("This time has passed. Choose one to come."),
    "not_a_date": N_("Write a date."),
    "number_not_valid": N_("This is no telephone number. Write it whole, with its area code."),
    "excel_damaged": N_(
        "Excel has cut off the last digits of these numbers (7.9E+10). Take the list as it came."
    ),
    "file_binary": N_("This is no list of numbers. Give a text file, a table in text, or a ZIP."),
    "file_broken": N_("The file is damaged, or it has not arrived whole. Send it again."),
    "file_is_workbook": N_("This is a workbook of Excel. Save it as CSV and give that."),
    "file_locked": N_("The file is locked with a password. Unpack it first."),
    "file_without_numbers": N_("There is no telephone number in this file."),
    "too_much_nonsense": N_(
        "%(count)s lines have no number: this cannot be the right file. Nothing was changed."
    ),
    "import_in_force": N_("This list is in use meanwhile. Reload the page."),
    "import_not_in_force": N_("This import does not hold any more."),
    "import_running": N_("A file is being read into this list. Wait until it is done."),
    "list_has_opt_outs": N_(
        "People stand on this list who asked for it themselves: it must stay in use."
    ),
    "list_is_imported": N_("A national list is only imported whole."),
    "opt_out_needs_consent": N_(
        "He asked for this himself. It is taken back on his card, with a consent given since."
    ),
    "not_an_opt_out": N_("He did not ask for this himself: take the number off its list."),
    "law_saved": N_("The rules are saved and hold from now on."),
    "law_unchanged": N_("Nothing was different."),
    "law_copied": N_("This is a profile of your own now."),
    "law_reset": N_("The rules are as they came."),
    "law_renamed": N_("The profile is called so from now on."),
    "law_retired": N_("The profile is given to no campaign any more."),
    "list_made": N_("The list is there."),
    "list_renamed": N_("The list is called so from now on."),
    "list_retired": N_("The list is given up: it stops no calls any more."),
    "list_brought_back": N_("The list is in use again."),
    "number_listed": N_("The number is on the list: nobody dials it from now on."),
    "number_unlisted": N_("The number is off the list."),
    "number_relisted": N_("The number is on the list again."),
    "import_undone": N_("The import is taken back."),
    "opted_out": N_("Nobody calls him any more."),
    "opted_out_of_campaign": N_("Nobody calls him for this campaign any more."),
    "opted_out_already": N_("This was known: nobody calls him."),
    "opt_out_undone": N_("Taken back: he may be called as before."),
    "opt_out_settled": N_(
        "That was a while ago. He may be called again when he agrees to it: record his consent."
    ),
    "consent_and_calls_ended": N_("The consent does not hold any more, and nobody calls him."),
    "opt_out_taken_back": N_("He may be called again."),
    "consent_given": N_("The consent is recorded."),
    "consent_taken_back": N_("The consent does not hold any more."),
    "consent_corrected": N_("The consent is corrected; the first stays to be seen."),
    "wording_added": N_("The words are kept."),
    "wording_retired": N_("Nothing more is recorded in these words."),
    "table_unreadable": N_(
        "This is no table of consents. Its first line names the columns, then each line is one."
    ),
    "columns_missing": N_("A column is missing in the first line: %(columns)s."),
    "consents_imported": N_("The consents are kept."),
    # campaigns
    "campaign_made": N_("The campaign is there. Fill its list next."),
    "campaign_saved": N_("The settings are saved."),
    "campaign_team_saved": N_("The team is saved."),
    "campaign_paused": N_("The campaign is paused: nobody is called for it."),
    "campaign_finished": N_("The campaign is finished. Everything stays to be read."),
    "entries_removed": N_("Taken off the list: nobody calls them for this campaign any more."),
    "entries_prioritised": N_("The order of the list is changed."),
    "entries_put_back": N_("They stand on the list again as before."),
    "undone_already": N_("This was taken back already."),
    "entries_recycled": N_("They are begun with again."),
    "entries_unchanged": N_("Nothing was changed: they are being called now, or over already."),
    "loading_already": N_("People are being put on this list. Wait until it is done."),
    "nobody_there": N_("Nobody is in this view. Choose another."),
    "quota_bad": N_("Write a segment, = and a number in each line: “%(value)s” does not fit."),
    "quota_twice": N_("“%(value)s” stands there twice."),
    "before_start": N_("This is before the campaign begins."),
    "below_law": N_("The law lets a call ring for at least %(least)s seconds."),
    "above_law": N_("The law lets at most %(most)s percent be abandoned."),
    "above_most_ratio": N_(
        "More than the %(most)s calls for an operator that are allowed here at most."
    ),
    "campaign_cannot_become": N_("The campaign is not where this could be done. Reload the page."),
    "too_many": N_("At most %(most)s."),
    "zone_unknown": N_("There is no such time zone."),
    # the database
    "database_url_refused": N_(
        "%(url)s is no database of ours. Write sqlite:///path or postgresql://user:password@host/name."
    ),
    "database_newer": N_(
        "The database was made by a newer version (%(revision)s). Install that version."
    ),
    "database_empty": N_(
        "This database is empty. Start Perezvon with it, or say which one is meant: --config, "
        "PEREZVON_DATABASE_URL (the demonstration's is sqlite:///data/simulated.db)."
    ),
    "database_older": N_("The database is older than this version. Run: perezvon migrate"),
    "trigrams_not_installed": N_(
        "The search needs PostgreSQL's extension pg_trgm, and it is not installed on the database"
        " server. Install the package postgresql-contrib there and start again."
    ),
    "trigrams_not_allowed": N_(
        "The search needs PostgreSQL's extension pg_trgm, and this user may not switch it on. Have"
        " an administrator of the server run in this database: CREATE EXTENSION pg_trgm"
    ),
    "migration_broke": N_("The database could not be brought up to date; nothing was changed."),
    "database_away": N_(
        "The database does not answer just now. If you were saving something, look later whether "
        "it is there. Calls go on and are not lost. Try again in a moment."
    ),
    "metrics_only_here": N_(
        "Only this machine may read this. Set [http] metrics_token to read it from another."
    ),
    "another_serves": (
        N_(
            "Another Perezvon serves this database already (process %(pid)s on %(host)s). "
            "Stop it first, or name another database in [database] url."
        ),
        N_(
            "Another Perezvon serves this database already. "
            "Stop it first, or name another database in [database] url."
        ),
    ),
    "not_a_backup": N_("%(path)s is no backup that fits this database."),
    "database_not_empty": N_(
        "There is work in the database already (%(path)s). Add --replace to put the copy in its "
        "place; what is there now is kept."
    ),
    "restore_impossible": N_("The copy could not be put back: %(reason)s (%(path)s)."),
    "backup_exists": N_("%(path)s exists already: choose another name."),
    "backup_impossible": N_("The copy could not be made: %(reason)s (%(path)s)."),
    # the exchange
    "telephony_failed": N_("The exchange could not do this."),
    "not_connected": N_("There is no link to the exchange now. Try again when it is back."),
    "link_lost": N_("The link to the exchange broke meanwhile. Look whether it was done."),
    "action_timed_out": N_("The exchange did not answer in time. Look whether it was done."),
    "action_refused": N_("The exchange refused: %(message)s"),
    "login_refused": N_("The exchange does not accept our login."),
    "unsafe_value": N_("This contains characters that may not be sent to the exchange."),
    "in_a_call": N_("You are in a call. Finish it or put it on hold first."),
    "phone_rings": N_("Your phone is ringing already. Pick it up first."),
    "call_gone": N_("This call is over already."),
    "number_not_dialable": N_(
        "“%(number)s” cannot be dialled. Write the number with its area code, or an extension."
    ),
    "when_missing": N_("Say when: choose a time for the next step."),
    "consult_not_possible": N_(
        "The exchange did not take the client aside. Use “Now”, or transfer on your phone."
    ),
    "not_parked": N_("This call is not on hold any more."),
    # what was done
    "profile_saved": N_("Your settings are saved."),
    "password_changed": N_("Your password is changed. You are logged out everywhere else."),
    "sessions_closed": N_("You are logged out everywhere else."),
    "logged_out": N_("You are logged out."),
    "exchange_said_nothing": N_("Nothing of what the exchange said of this call is kept."),
    "client_created": N_("The client is created."),
    "client_handed_over": N_("The client has another owner."),
    "lead_handed_over": N_("The lead has another owner."),
    "deal_handed_over": N_("The deal has another owner."),
    "file_bytes_gone": N_("This file was removed too long ago: it is not kept any more."),
    "name_differs": N_("That is not the name. Write it as it stands above."),
    "legal_hold": N_("This data is under legal hold: it must be kept until the hold is lifted."),
    "client_held": N_("The data is held: it cannot be erased."),
    "client_released": N_("The hold is lifted."),
    "client_erased": N_("Erased: nothing that told who it was is left."),
    "client_deleted": N_("The client is deleted. Here is the way back."),
    "clients_deleted": N_("The clients are deleted."),
    "clients_deleted_but_some": N_("Deleted, but for those that are not yours to delete."),
    "leads_deleted": N_("The leads are deleted."),
    "leads_deleted_but_some": N_(
        "Deleted, but for those that became clients or are not yours to delete."
    ),
    "deals_deleted": N_("The deals are deleted."),
    "deals_deleted_but_some": N_("Deleted, but for those that are not yours to delete."),
    "nothing_to_delete": N_("There is nothing to delete."),
    "client_restored": N_("The client is back."),
    "clients_restored": N_("The clients are back."),
    "leads_restored": N_("The leads are back."),
    "deals_restored": N_("The deals are back."),
    "deletion_undone": N_("They were brought back already."),
    "deletion_goes_on": N_("They are still being deleted. Wait until it is done."),
    "client_is_merged": N_("This client turned out to be the same as the one you see."),
    "same_client": N_("That is the same card. Choose another."),
    "clients_merged": N_("They are one client now."),
    "merge_taken_back": N_("They are two clients again."),
    "merge_built_on": N_("They cannot be parted any more: much has changed since."),
    "handover_taken_back": N_("The handover is taken back."),
    "handover_undone": N_("This handover was taken back already."),
    "handover_goes_on": N_("This handover still goes on. Wait until it is done."),
    "nothing_to_hand_over": N_("There is nothing to hand over."),
    "agent_sees_no_clients": N_("%(name)s may not see clients. Choose somebody else."),
    "given_to_you": N_("A colleague has handed something over to you: see “Handovers”."),
    "no_such_client": N_("There is no such client. Write another part of the name or number."),
    "not_a_day": N_("“%(written)s” is no date. Choose a day of the calendar."),
    "no_such_day": N_("There is no day %(written)s. Choose another."),
    "year_out_of_range": N_("Choose a year between %(least)s and %(most)s."),
    "period_backwards": N_("The end is before the beginning. Choose a later end."),
    # filters of lists
    "filter_unknown": N_("This list cannot be asked for “%(name)s”. Take it off to see the list."),
    "filter_no_choice": N_("“%(value)s” is none of the choices any more. Choose another."),
    "filter_empty": N_("Nothing is chosen. Choose something, or take the filter off."),
    "filter_too_many": N_("This is too much for one filter: at most %(most)s."),
    "filter_backwards": N_("The end is before the beginning. Choose a later end."),
    "filter_no_day": N_("“%(value)s” is no date. Choose a day of the calendar."),
    "filter_no_number": N_("“%(value)s” is no number."),
    "filter_too_small": N_("At least %(least)s."),
    "view_gone": N_("This view is not there any more: it was deleted, or is not shared with you."),
    "view_changed": N_("“%(title)s” was changed meanwhile. Look at it again before you change it."),
    "view_saved": N_("The view is saved."),
    "view_changed_told": N_("The view is changed."),
    "view_is_usual": N_("This is what you will see first."),
    "view_deleted": N_("The view is deleted."),
    "too_many_views": N_("At most %(most)s views of one list. Delete one first."),
    "no_columns": N_("Choose at least one column."),
    "list_too_long": N_("More than %(most)s lines do not go into one file. Narrow the list."),
    "nothing_to_export": N_("There is nothing to export."),
    "not_yours_to_export": N_("You may look at these, but not export them."),
    "no_such_order": N_("This list cannot be sorted by “%(name)s”."),
    "nothing_chosen": N_("Nothing is chosen. Tick some lines first."),
    "too_many_chosen": N_("At most %(most)s can be ticked singly. Choose all that fit instead."),
    "period_too_long": N_("At most %(days)s days at once. Choose a shorter time."),
    "not_yet": N_("This time is still to come. Choose days that have passed."),
    "no_exchange_log": N_(
        "Where Asterisk keeps its own log is not set: there is nothing to compare with."
    ),
    "already_comparing": N_("A comparison is running. Wait until it is done, then try again."),
    "task_created": N_("The task is set."),
    "task_saved": N_("The task is saved."),
    "series_ended": N_("This is the last one: it repeats no more."),
    "ambiguous_client": N_("This belongs to two different clients. Choose one of them."),
    "task_done": N_("Done."),
    "wrap_up_closed": N_("The task is closed without the form."),
    "wrap_up_saved": N_("The wrap-up is finished."),
    "task_reopened": N_("The task is open again."),
    "task_taken": N_("The task is yours."),
    "task_postponed": N_("The task is postponed."),
    "task_handed_over": N_("The task is handed over."),
    "person_created": N_("The person can log in now. Give a desk and a team next."),
    "person_saved": N_("Saved."),
    "person_password_set": N_("The new password is set; all logins of this person have ended."),
    "person_deactivated": N_("This person can log in no more."),
    "person_reactivated": N_("This person can log in again."),
    "extension_created": N_("The extension is added."),
    "extension_saved": N_("The extension is saved."),
    "extension_retired_now": N_("The extension is retired."),
    "extension_restored": N_("The extension is in use again."),
    "queue_created": N_("The queue is added. Put together its team now."),
    "queue_saved": N_("The rules are saved."),
    "queue_team_saved": N_("The team is saved."),
    "queue_retired": N_("The queue is retired."),
    "queue_restored": N_("The queue is in use again."),
    "disposition_created": N_("The disposition is added."),
    "disposition_saved": N_("The disposition is saved."),
    "disposition_retired": N_("The disposition is retired; the calls of the past keep it."),
    "disposition_restored": N_("The disposition is offered again."),
    "pause_reason_created": N_("The pause reason is added."),
    "pause_reason_saved": N_("The pause reason is saved."),
    "pause_reason_retired": N_("The pause reason is retired."),
    "pause_reason_restored": N_("The pause reason is offered again."),
    "endpoint_corrected": N_("It is remembered, and counts from the next call on."),
    # leads and deals
    "record_moved": N_("It is in “%(stage)s” now."),
    "record_reopened": N_("It is open again."),
    "deal_created": N_("The deal is made."),
    "deal_deleted": N_("The deal is deleted. Here is the way back."),
    "deal_restored": N_("The deal is back."),
    "lead_created": N_("The lead is taken down."),
    "lead_deleted": N_("The lead is deleted. Here is the way back."),
    "lead_restored": N_("The lead is back."),
    "lead_is_yours": N_("The lead is yours."),
    "lead_converted": N_("The lead is a client now."),
    "lead_converted_with_fields": N_(
        "The lead is a client now; what was in its own fields went along."
    ),
    "pipeline_created": N_("The pipeline is made."),
    "pipeline_saved": N_("The pipeline is saved."),
    "pipeline_retired": N_("The pipeline is offered no more."),
    "pipeline_restored": N_("The pipeline is offered again."),
    "stage_created": N_("The stage is added."),
    "stage_saved": N_("The stage is saved."),
    "stage_retired_now": N_("The stage is offered no more."),
    "stage_restored": N_("The stage is offered again."),
    "product_created": N_("It is in the list."),
    "product_saved": N_("It is saved."),
    "product_retired": N_("It is offered no more."),
    "product_restored": N_("It is offered again."),
    # own fields and tags
    "section_created": N_("The section is added. Now add its fields."),
    "section_saved": N_("The section is saved."),
    "section_off": N_("The section is switched off; what it holds is kept."),
    "section_on": N_("The section is switched on again."),
    "field_created": N_("The field is added; it is on every card at once."),
    "field_saved": N_("The field is saved."),
    "field_off": N_("The field is switched off; what it holds is kept."),
    "field_on": N_("The field is switched on again."),
    "too_many_sections": N_("There can be at most %(most)s sections."),
    "too_many_fields": N_("There can be at most %(most)s own fields."),
    "too_many_choices": N_("There can be at most %(most)s to choose from."),
    "choices_missing": N_("There must be something to choose from."),
    "link_bad": N_("This is no address of a site, an e-mail or a telephone."),
    "tag_saved": N_("The tag is saved."),
    "tags_joined": N_("The two are one tag now."),
    "tag_removed": N_("The tag is gone from everywhere."),
    "tags_changed": N_("The tags are changed."),
    "too_many_tags": N_("There can be at most %(most)s tags."),
    # the law
    "hours_bad": N_("“%(value)s” are no hours. Write them like 8:00-21:00."),
    "not_toml": N_("This is no TOML file: %(reason)s"),
    "too_many_profiles": N_("There can be at most %(most)s profiles of your own."),
    "too_many_records": N_("At most %(most)s records at once. Choose fewer."),
    "moved_meanwhile": N_("%(agent)s has moved it to “%(stage)s” meanwhile."),
    "stage_retired": N_("The stage “%(title)s” is not in use any more. Choose another."),
    "stage_ends": N_("Nothing begins at the end: choose a stage before “%(title)s”."),
    "not_closed": N_("This is open already."),
    "no_stage_to_begin": N_("“%(title)s” has no stage to go on from. Ask an administrator."),
    "amount_of_lines": N_("The amount is the sum of the lines. Change the lines."),
    "no_pipeline": N_("There is no pipeline yet. Ask an administrator to make one."),
    "last_pipeline": N_("“%(title)s” is the last pipeline of its kind. Make another one first."),
    "pipeline_in_use": N_("“%(title)s” has %(count)s open records. Move them first."),
    "last_stage": N_("“%(title)s” is the last stage of its kind. Add another one first."),
    "too_many_stages": N_("A pipeline has at most %(most)s stages."),
    "too_many_lines": N_("A deal has at most %(most)s lines."),
    "other_currency": N_("This product is sold in %(currency)s, and the deal is in another."),
    "not_a_quantity": N_("Write how many: 2 or 1.5."),
    "not_a_discount": N_("Write a discount between 0 and 100%%."),
    "lead_taken": N_("%(name)s has taken this lead already."),
    "lead_won_by_converting": N_("A lead is won by becoming a client: use “Make a client”."),
    "lead_is_converted": N_("This lead has become a client already."),
    "built_on": N_("Something was done with the new client or deal since: this stays as it is."),
    "client_is_a_lead": N_("That is a lead too. Choose a client."),
    "is_client_already": N_("Whoever asked is a client already. Make the deal with them."),
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
    "tls_wanted": N_("its port takes secure connections only: set tls = true"),
    "not_asterisk": N_("what answers there is not Asterisk's manager interface"),
    "login_refused": N_("it does not accept our login"),
    "forbidden": N_("its account there may not ask which calls are going on"),
    "untold": N_("it tells our account of no calls"),
    "peer_closed": N_("it closed the connection"),
    "shutdown": N_("it is shutting down or restarting"),
    "silent": N_("it has gone silent"),
    "fell_behind": N_("it spoke faster than we could listen"),
    "unreadable": N_("it is too busy to tell which calls are going on"),
    "stopped": N_("the link was stopped"),
    "fault": N_("a fault of ours, see the log"),
}
"""Why there is no link to the exchange: ends the sentence "No link to the exchange: …"."""


REASONS: dict[str, str] = {
    "folder_missing": N_("there is no such folder"),
    "database_missing": N_("there is no database yet"),
    "pg_dump_missing": N_("the program pg_dump is not installed"),
}
"""Words that come as the value `reason` of another code; anything else is shown as it is."""


def sentence(reader: Reader, code: str, values: Mapping[str, object] | None = None) -> str:
    """What `code` means, in the reader's language; the general text when values are missing.

    Of several texts for a code, the first whose values are given is taken.
    """
    given = dict(values or {})
    if isinstance(given.get("reason"), str):
        reason = str(given["reason"])
        given["reason"] = reader.gettext(REASONS.get(reason, reason))
    texts = SENTENCES.get(code, GENERAL)
    for text in (texts,) if isinstance(texts, str) else texts:
        try:
            return reader.gettext(text) % given
        except (KeyError, TypeError, ValueError):
            continue
    return reader.gettext(GENERAL)


def link_reason(reader: Reader, reason: str) -> str:
    """The end of the sentence "No link to the exchange: …"."""
    return reader.gettext(LINK_REASONS.get(reason, LINK_REASONS["fault"]))

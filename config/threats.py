"""The threat table: who could get at what, at most, and the tests that prove it.

Each proof is `path::function`; tests/privacy/test_hand_over_list.py fails when one of them is not there to run.
"""

from dataclasses import dataclass

CANARY = "tests/drills/test_canary.py::test_what_families_type_is_found_nowhere"
SUBPOENA = "tests/drills/test_subpoena.py::test_an_export_of_everything_is_exactly_the_published_list"
STOLEN_HOST = "tests/drills/test_stolen_host.py::test_the_web_process_with_everything_it_has_opens_no_document"
MOVED = "tests/privacy/test_changed_bytes.py::test_a_changed_value_is_an_alarm_and_never_another_value"


@dataclass(frozen=True, slots=True)
class Threat:
    """One thing that can go wrong. `proofs` may be empty: then the page says that no test can prove it."""

    name: str
    gets: str
    never: str
    proofs: tuple[str, ...]


THREATS: tuple[Threat, ...] = (
    Threat(
        "A stolen database, or a stolen backup",
        "The P0, P1 and S columns above; sealed bytes and roughly how long each is; which open cases probably share a"
        " phone or A-number.",
        "Names, A-numbers, phones, addresses, stories, return codes. With the main database alone not even the"
        " wrapped keys.",
        (
            CANARY,
            "tests/privacy/test_backups.py::test_no_table_or_row_can_be_read_in_a_copy",
            "tests/privacy/test_destruction.py::test_a_document_kept_in_a_backup_does_not_open_any_more",
            "tests/docker/test_compose.py::test_the_two_databases_share_neither_volume_nor_password",
        ),
    ),
    Threat(
        "A stolen web host, with every secret of the web process",
        "The same; for as long as the intruder stays, what families type; and, once a member unlocks meanwhile, all"
        " that this member's organization can open.",
        "What was sealed before, while no member of an organization that can read it unlocks: the web process can seal"
        " but has no key to open with.",
        (
            STOLEN_HOST,
            "tests/privacy/test_unlocked.py::test_the_sessions_row_alone_opens_nothing",
            "tests/privacy/test_worker_key.py::test_the_web_process_has_no_key_and_passes_its_checks",
        ),
    ),
    Threat(
        "A stolen worker host",
        "Phone numbers and deciding answers (the documents `contact` and `facts`) of cases that are kept; the A-number"
        " of a new case for the minute until the search's index is made; whether a given number is among them.",
        "Names, files, notes, A-numbers after that minute; anything of a case whose keys were destroyed.",
        (STOLEN_HOST, "tests/privacy/test_vault.py::test_the_keys_of_one_reader_do_not_open_a_wrap_of_another"),
    ),
    Threat(
        "An order to the operator, or to the City",
        "This list. If it also reaches the worker's key file: what a stolen worker host would give. Our counsel"
        " contests that.",
        "Names, files, notes: the operator has no key to them and cannot make one.",
        (
            SUBPOENA,
            "tests/drills/test_subpoena.py::test_nothing_a_family_typed_is_in_the_export",
            "tests/privacy/test_holders.py::test_a_public_key_put_in_place_of_the_readers_is_an_alarm",
            "tests/referrals/test_demands.py::test_nothing_is_released_by_fewer_than_two_people",
        ),
    ),
    Threat(
        "An order to a provider",
        "The files of the cases that provider has now, after its own fight over privilege. Together with the operator's"
        " databases also the files of cases that nobody has accepted yet: those are sealed to every provider.",
        "Files of cases that others accepted: acceptance destroys everybody else's keys. Files whose keys were"
        " destroyed.",
        (
            "tests/privacy/test_vault.py::test_destroying_wraps_leaves_only_the_readers_kept",
            "tests/referrals/test_retention.py::test_after_its_days_an_ended_case_is_readable_by_nobody",
            "tests/intake/test_staff.py::test_another_provider_does_not_even_learn_that_the_case_exists",
        ),
    ),
    Threat(
        "A family's phone that was taken away",
        "That it called or was texted by one number; neutral texts; perhaps a code on paper, and with it how far the"
        " request is and who has it.",
        "The answers that were sent, the person's name, anything about a case in a text or an address.",
        (
            "tests/notifications/test_texts.py::test_a_text_fits_two_segments_and_says_nothing",
            "tests/intake/test_family_pages.py::test_the_code_of_a_sent_request_shows_its_state_and_never_a_name",
            "tests/web/test_headers.py::test_every_answer_keeps_the_visit_private",
        ),
    ),
    Threat(
        "A laptop of staff that was taken away",
        "Locked: nothing. Signed in and unlocked: what that member may open, until 30 minutes have passed without"
        " use, or 8 hours in all.",
        "What belongs to other organizations.",
        (
            "tests/privacy/test_unlocked.py::test_thirty_idle_minutes_end_it",
            "tests/privacy/test_unlocked.py::test_using_it_keeps_it_open_and_eight_hours_end_it_all_the_same",
            "tests/privacy/test_unlocked.py::test_the_cookie_alone_opens_nothing",
        ),
    ),
    Threat(
        "Somebody at a provider who looks at what is not their business",
        "What their organization may open. Each opening asks why and is logged; many of them, or of a colleague's"
        " case, are told to the organization's lead.",
        "Other providers' cases; a log without the opening in it.",
        (
            "tests/referrals/test_alerts.py::test_the_worker_mails_an_alert_within_a_minute_of_the_opening",
            "tests/referrals/test_openings.py::test_more_than_the_limit_within_an_hour_raises_one_alert_that_counts_up",
            "tests/referrals/test_transition_matrix.py::test_a_provider_moves_only_cases_that_are_with_it",
        ),
    ),
    Threat(
        "Somebody at the operator, or who looks after its databases",
        "What the databases hold in clear. They can delete or block; that shows.",
        "Sealed documents. Sealed values that are changed, swapped or planted open as an error, never as another"
        " value; a planted key raises an alarm.",
        (
            MOVED,
            "tests/privacy/test_vault.py::test_planted_plaintext_does_not_open",
            "tests/privacy/test_holders.py::test_a_holder_written_past_the_vault_is_found_before_anything_is_given_to_it",
        ),
    ),
    Threat(
        "A curious funder, alone or together with one provider",
        "Tables of closed quarters; exact totals.",
        "Any count from 1 to 10, or one case's money to within a fifth; live figures; a row about a case.",
        (
            "tests/funding/releases/test_audit.py::test_no_reader_learns_of_few_and_every_figure_shown_again_is_noticed",
            "tests/funding/releases/test_links.py::test_a_figure_that_only_two_releases_together_tell_is_noticed_and_avoided",
        ),
    ),
    Threat(
        "Twilio, the phone company, or an order to them",
        "That our number texted a phone, when, and the neutral text while they keep it. A text is never anonymous to"
        " the company that carries it.",
        "Answers, names, what the request is about.",
        (
            "tests/notifications/test_texts.py::test_a_text_fits_two_segments_and_says_nothing",
            "tests/notifications/test_twilio.py::test_a_text_leaves_with_its_callback_and_without_a_trace_in_the_log",
        ),
    ),
)

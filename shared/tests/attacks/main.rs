//! The attack suite: what was done to systems like this one, done to this one, through the handlers, on the embedded
//! DynamoDB, reading the outbox. Each attack says what it tried, what got through, and what may; and each has a control, the
//! same attack on a design that is known to be broken, which must get through: an attack that cannot succeed shows nothing.
//!
//! `make attacks` runs it alone and prints the table; `make attacks ONLY=guess` the attacks whose names contain "guess".
//! docs/attacks.md says what each of them does.
//! They run one after the other: a quiet machine for what is measured, and the log of one attack is not that of another.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::print_stdout, missing_docs)]

mod addresses;
mod delivery;
mod deployment;
mod enumeration;
mod finding;
mod flooding;
mod guessing;
mod injection;
mod lab;
mod leaks;
mod lockout;
mod malformed;
mod naive;
mod pumping;
mod purpose;
mod receipts;
mod replay;
mod spelling;
mod store;
mod tokens;

use std::sync::{Arc, Mutex};

use finding::{Attack, Finding, Findings};
use libtest_mimic::{Arguments, Failed, Trial};

macro_rules! suite {
    ($($theme:ident { $($attack:ident,)+ })+) => {
        &[$($(Attack { theme: stringify!($theme), name: stringify!($attack), run: $theme::$attack }),+),+]
    };
}

/// Every attack, by theme. A row of docs/attacks.md each.
const SUITE: &[Attack] = suite! {
    guessing {
        parallel_guesses_race_the_attempt_counter,
        many_challenges_with_a_cap_on_each_only,
        a_resend_gives_the_guesses_back,
        the_victims_success_forgives_the_attacker,
        biased_codes,
    }
    replay {
        parallel_replay_of_a_right_code,
        the_sdks_own_retry_is_taken_for_a_replay,
        an_sdk_retry_charges_a_wrong_guess_twice,
        ttl_believed_for_expiry,
    }
    purpose {
        a_code_for_one_purpose_used_for_another,
        a_code_not_bound_to_the_request,
    }
    lockout {
        burning_the_victims_guesses,
        overwriting_the_live_code,
        lockout_as_denial_of_service,
        a_blocked_address_burns_the_victims_sends,
    }
    flooding {
        forged_challenge_tokens,
        unknown_keys_make_the_vault_be_asked_again,
        bombing_a_person_with_texts,
        bombing_a_person_with_mail,
        limits_in_process_memory,
    }
    pumping {
        sms_pumping_of_adjacent_numbers,
        sms_pumping_slowly_through_a_day,
        sms_pumping_of_scattered_numbers,
        parallel_sends_race_the_prefix_window,
        premium_ranges_and_dear_neighbours,
        one_address_asks_for_many_countries,
        parallel_sends_race_the_daily_budget,
        texts_after_the_kill_switch,
        disposable_mail_domains,
        a_test_code_reaches_production,
    }
    addresses {
        forged_x_forwarded_for,
        hopping_through_an_ipv6_network,
        requests_without_a_source_address,
        claiming_to_be_a_trusted_proxy,
    }
    spelling {
        spellings_of_one_mailbox,
        spellings_of_one_phone_number,
    }
    injection {
        header_injection_and_markup,
        the_host_header_in_origin_lines,
    }
    leaks {
        codes_readable_in_the_table,
        the_code_in_a_reply,
        the_code_in_a_log,
    }
    enumeration {
        does_this_account_exist_by_bytes,
        does_this_account_exist_by_requests,
        does_this_account_exist_by_time_of_send,
        does_this_account_exist_by_time_of_verify,
        does_this_account_exist_by_the_wait,
    }
    tokens {
        forged_access_tokens,
    }
    malformed {
        malformed_json,
        input_that_made_parsers_panic,
        a_bug_ends_the_function,
    }
    delivery {
        a_providers_retry_sends_twice,
        killed_in_mid_send_and_tried_again,
    }
    store {
        a_store_that_fails,
        a_corrupt_item,
    }
    deployment {
        secrets_in_the_template_or_over_broad_iam,
        secrets_in_the_environment,
    }
    receipts {
        forged_delivery_receipts,
        replayed_delivery_receipts,
    }
};

fn main() {
    let mut arguments = Arguments::from_args();
    arguments.test_threads.get_or_insert(1);
    let findings = Arc::<Mutex<Findings>>::default();
    let page = Trial::test("every_attack_is_on_the_page", every_attack_is_on_the_page);
    let trials = SUITE.iter().map(|attack| trial(attack, Arc::clone(&findings))).chain([page]).collect();
    let conclusion = libtest_mimic::run(&arguments, trials);
    println!("{}", findings.lock().unwrap());
    conclusion.exit();
}

fn trial(attack: &'static Attack, findings: Arc<Mutex<Findings>>) -> Trial {
    Trial::test(format!("{}::{}", attack.theme, attack.name), move || {
        let finding: Finding = (attack.run)();
        let verdict = finding.verdict();
        findings.lock().unwrap().add(attack, finding);
        verdict.map_err(Into::into)
    })
}

/// Once in the table of results, and once where it says what is done.
fn every_attack_is_on_the_page() -> Result<(), Failed> {
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/attacks.md"))?;
    let rows: Vec<&str> = page.lines().filter_map(|line| line.strip_prefix("| ")?.split(" |").next()).map(str::trim).collect();
    for attack in SUITE {
        let name = attack.name.replace('_', " ");
        let found = rows.iter().filter(|row| **row == name).count();
        if found != 2 {
            return Err(format!("docs/attacks.md has {found} rows named {name:?}, not two").into());
        }
    }
    Ok(())
}

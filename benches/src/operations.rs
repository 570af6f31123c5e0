//! Kinds of requests to the table.

use otp_auth::testing::forward::Operation;

/// The items of the guard: addresses, prefixes, countries and mail, days, and what is stopped.
const OF_THE_GUARD: [&str; 5] = ["A", "P", "C", "D", "STOPS"];

/// Whether a request counts messages, or takes answered ones back, rather than deciding.
#[must_use]
pub fn is_of_the_guard(operation: &Operation) -> bool {
    operation.item.as_deref().is_some_and(|item| OF_THE_GUARD.contains(&item))
}

/// Whether it writes one item.
#[must_use]
pub fn is_write(operation: &Operation) -> bool {
    ["UpdateItem", "PutItem", "DeleteItem"].contains(&operation.name.as_str())
}

//! What a delivery says without its provider, and how to wait for one that is slow.

use std::future::Future;
use std::time::Duration;

use otp_auth::ports::sender::{Delivery, RefusalClass};

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Proof {
    Accepted(String),
    Refused(RefusalClass, String),
    Unreached(String),
    Ambiguous(String),
}

pub fn proof(delivery: &Delivery) -> Proof {
    match delivery.clone() {
        Delivery::Accepted { message_id, .. } => Proof::Accepted(message_id),
        Delivery::Refused { reason, .. } => Proof::Refused(reason.class, reason.code),
        Delivery::Unreached { cause, .. } => Proof::Unreached(cause),
        Delivery::Ambiguous { cause, .. } => Proof::Ambiguous(cause),
    }
}

pub fn refused(class: RefusalClass, code: &str) -> Proof {
    Proof::Refused(class, code.to_owned())
}

pub fn ambiguous(cause: &str) -> Proof {
    Proof::Ambiguous(cause.to_owned())
}

pub fn unreached(cause: &str) -> Proof {
    Proof::Unreached(cause.to_owned())
}

/// Longer than any limit of ours: a delivery that none ends is a failed test, not one that hangs.
const FOR_EVER: Duration = Duration::from_secs(60);

/// Once the server has read all that it is going to, stops the clock: tokio then jumps to the next thing that waits for a time.
pub async fn while_time_stands_still<T>(read: impl Future<Output = ()>, delivery: impl Future<Output = T>) -> T {
    let stop_the_clock = async {
        read.await;
        tokio::time::pause();
    };
    let (delivered, ()) = tokio::join!(tokio::time::timeout(FOR_EVER, delivery), stop_the_clock);
    tokio::time::resume();
    delivered.expect("a limit of ours ends it")
}

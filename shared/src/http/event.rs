//! What happened, by a name that does not change: for audits, and for who reads logs by machine. `docs/logs.md` lists them.

use http::StatusCode;

use super::record::Record;

/// The name of what a request came to.
pub(super) fn of(record: &Record, status: StatusCode) -> &'static str {
    let failed = status.is_server_error() && !record.is_refusal;
    match record.route {
        _ if is_unfit(record.code) => "request.invalid",
        "send" => send(record, failed),
        "verify" => verify(record, failed),
        "refresh" => refresh(record.code, failed),
        "logout" if record.code == "ok" => "session.ended",
        "jwks" | "discovery" if record.code == "ok" => "keys.read",
        "receipts" if record.code == "ok" && record.provider.is_empty() => "request.preflight",
        "receipts" if record.code == "ok" => "receipt.taken",
        _ if failed => "request.failed",
        _ => "request.invalid",
    }
}

/// Nothing was tried: the request is not one of the contract.
fn is_unfit(code: &str) -> bool {
    let unfit = ["invalid_request", "invalid_identifier", "not_found", "method_not_allowed", "payload_too_large"];
    unfit.contains(&code) || ["unsupported_media_type", "idempotency_key_reused", "origin_not_allowed"].contains(&code)
}

fn send(record: &Record, failed: bool) -> &'static str {
    match (record.code, record.delivery) {
        ("ok", "") => "request.preflight",
        ("ok", "withheld") => "otp.withheld",
        ("ok", "replayed") => "otp.replayed",
        // Closed sign-up hides from the caller that a message did not leave, and not from the log.
        ("ok", "refused" | "unreached") => "otp.send_failed",
        ("ok", _) if record.resent => "otp.resent",
        ("ok", _) => "otp.sent",
        _ if failed => "otp.send_failed",
        _ => "otp.send_refused",
    }
}

fn verify(record: &Record, failed: bool) -> &'static str {
    match record.code {
        "ok" if record.channel.is_empty() => "request.preflight",
        "ok" => "otp.verified",
        "invalid_code" if record.reason == "withheld" => "otp.verify_withheld",
        "invalid_code" => "otp.wrong_code",
        "challenge_expired" => "otp.no_challenge",
        "attempts_exhausted" => "otp.exhausted",
        _ if failed => "otp.verify_failed",
        _ => "otp.verify_refused",
    }
}

fn refresh(code: &str, failed: bool) -> &'static str {
    match code {
        "ok" => "session.refreshed",
        "refresh_token_reused" => "session.reused",
        _ if failed => "request.failed",
        _ => "session.refused",
    }
}

//! `POST /api/auth/otp/receipts/{provider}`: what a provider says became of a message; and the same from a topic.
//!
//! A request is let in by its signature alone, so neither its source address nor a window counts here. What is not signed gets
//! no further than a MAC: it costs no request to the table.

use std::sync::Arc;

use bytes::Bytes;
use http::{Method, Response, StatusCode};

use super::record::Record;
use super::{Answer, Call, MAX_BODY, Problem, ProblemCode, UnreadableBody, headers};
use crate::app::take_receipt::{TakeError, TakeReceipt};
use crate::domain::receipt::{RECEIPTS_PATH, Receipt};
use crate::messages::Key;
use crate::ports::receipts::{Letter, NoReceipt, Notice, NoticeReader, ReceiptReader};
use crate::ports::store::StoreError;

/// Whose receipts are taken.
pub struct Receipts {
    /// Providers that sign what they send to a route.
    pub readers: Vec<Arc<dyn ReceiptReader>>,
    /// The provider that publishes to a topic.
    pub notices: Option<Arc<dyn NoticeReader>>,
    /// What is done with them.
    pub take: TakeReceipt,
}

impl Receipts {
    /// The reader of a path: none where the provider is not configured, or there is no secret to check its signatures with.
    pub(super) fn reader(&self, path: &str) -> Option<&dyn ReceiptReader> {
        let name = path.strip_prefix(RECEIPTS_PATH)?.strip_prefix('/')?;
        let reader = self.readers.iter().find(|reader| reader.provider() == name)?;
        reader.has_secret(self.take.keys.ring().provider_secrets()).then(|| reader.as_ref())
    }

    /// Takes what a topic brought. What is not to be believed is noted, and has no second chance.
    ///
    /// # Errors
    /// It could not be taken now: whoever brought it should bring it again.
    pub async fn take_notice(&self, notice: &Notice<'_>, request_id: &str) -> Result<(), TakeError> {
        let Some(reader) = &self.notices else {
            self.take.reject("none", NoReceipt::NotServed, request_id);
            return Ok(());
        };
        match reader.read(notice) {
            Ok(Some(receipt)) => self.take.execute(&receipt, request_id).await,
            Ok(None) => Ok(()),
            Err(why) => {
                self.take.reject(reader.provider(), why, request_id);
                Ok(())
            }
        }
    }
}

pub(super) async fn answer(receipts: &Receipts, reader: &dyn ReceiptReader, call: &Call, record: Record) -> Answer {
    let record = record.by(reader.provider());
    let body = match admit(call, reader.media_type()) {
        Ok(body) => body,
        Err(problem) => return Answer::problem(problem, record),
    };
    let ring = receipts.take.keys.recent().await;
    let letter = Letter { headers: &call.headers, body, now: receipts.take.clock.now() };
    match reader.read(ring.provider_secrets(), &letter) {
        Ok(Some(receipt)) => take(receipts, &receipt, &call.id, record).await,
        Ok(None) => taken(record),
        Err(why) => {
            receipts.take.reject(reader.provider(), why, &call.id);
            Answer::problem(Problem::new(code(why)), record.because(why))
        }
    }
}

async fn take(receipts: &Receipts, receipt: &Receipt, request_id: &str, record: Record) -> Answer {
    match receipts.take.execute(receipt, request_id).await {
        Ok(()) => taken(record),
        Err(error) => Answer::problem(problem(&error), record.because(&error)),
    }
}

/// The checks before the signature's.
fn admit<'a>(call: &'a Call, media_type: &str) -> Result<&'a Bytes, Problem> {
    if call.method != Method::POST {
        return Err(Problem::method_not_allowed("POST"));
    }
    if !headers::is_of_type(&call.headers, media_type) {
        return Err(Problem::new(ProblemCode::UnsupportedMediaType));
    }
    let body = call.body.as_ref().map_err(|UnreadableBody| Problem::invalid_request(Key::BodyNotBase64))?;
    if body.len() > MAX_BODY { Err(Problem::new(ProblemCode::PayloadTooLarge)) } else { Ok(body) }
}

fn taken(record: Record) -> Answer {
    let mut response = Response::new(String::new());
    *response.status_mut() = StatusCode::NO_CONTENT;
    Answer { reply: Ok(response), record, locale: None }
}

/// One code for all that is wrong with a receipt: which check it failed is for the log, and no help to whoever made it up.
const fn code(why: NoReceipt) -> ProblemCode {
    match why {
        NoReceipt::NotServed => ProblemCode::NotFound,
        NoReceipt::Unsigned
        | NoReceipt::Forged
        | NoReceipt::Tampered
        | NoReceipt::Stale
        | NoReceipt::OtherAccount
        | NoReceipt::Unreadable => ProblemCode::InvalidRequest,
    }
}

fn problem(error: &TakeError) -> Problem {
    match error {
        TakeError::Store(StoreError::Unavailable(_)) => {
            Problem::new(ProblemCode::Unavailable).retry_after(super::send_otp::TRY_AGAIN)
        }
        TakeError::Store(StoreError::Broken(_)) | TakeError::Randomness(_) => Problem::new(ProblemCode::Internal),
    }
}

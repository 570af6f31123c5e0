//! `POST /api/auth/token/refresh` and `POST /api/auth/logout`.

use std::time::Duration;

use bytes::Bytes;
use http::HeaderMap;
use http::header::SET_COOKIE;
use serde_json::{Map, Value, json};
use zeroize::Zeroizing;

use super::body::Fields;
use super::problem::{Problem, ProblemCode};
use super::record::Record;
use super::{Answer, Cors, cookie, grant};
use crate::app::log_out::LogOut;
use crate::app::refresh_session::{RefreshError, RefreshSession};
use crate::domain::session::Transport;
use crate::ports::store::StoreError;

/// After this long, a store that was down may be up again.
const TRY_AGAIN: Duration = Duration::from_secs(5);

/// What sessions are served by.
pub struct SessionRoutes {
    /// Gives the next tokens.
    pub refresh: RefreshSession,
    /// Ends a session.
    pub log_out: LogOut,
    /// How refresh tokens travel.
    pub transport: Transport,
}

/// A request as both routes take it.
pub(super) struct Presented<'a> {
    pub(super) headers: &'a HeaderMap,
    pub(super) body: &'a Bytes,
    pub(super) cors: &'a Cors,
}

pub(super) async fn refresh(routes: &SessionRoutes, presented: Presented<'_>, record: Record) -> Answer {
    let token = match presented.token(routes.transport) {
        Ok(Some(token)) => token,
        Ok(None) => return Answer::problem(Problem::new(ProblemCode::SessionEnded), record),
        Err(problem) => return Answer::problem(problem, record),
    };
    match routes.refresh.execute(&token).await {
        Ok(grant) => {
            let mut body = Map::new();
            let headers = grant::put(&mut body, &grant, routes.transport);
            Answer::json(&Value::Object(body), headers, record)
        }
        Err(error) => Answer::problem(problem(&error, routes.transport), record.because(&error)),
    }
}

pub(super) async fn log_out(routes: &SessionRoutes, presented: Presented<'_>, record: Record) -> Answer {
    let ended = match presented.token(routes.transport) {
        Ok(Some(token)) => routes.log_out.execute(&token).await,
        Ok(None) => Ok(()),
        Err(problem) => return Answer::problem(problem, record),
    };
    match ended {
        Ok(()) => {
            let forgotten = forgotten(routes.transport).map(|value| (SET_COOKIE, value));
            Answer::json(&json!({ "message": "Signed out" }), forgotten.into_iter().collect(), record)
        }
        Err(error) => Answer::problem(store_problem(&error), record.because(&error)),
    }
}

impl Presented<'_> {
    /// The token of the request; none when it has no cookie. With a cookie, the request must also come from a page of ours:
    /// the browser says so (SameSite), and its Origin must be one that may call.
    fn token(&self, transport: Transport) -> Result<Option<Zeroizing<String>>, Problem> {
        match transport {
            Transport::Body => {
                let mut fields = Fields::parse(self.body)?;
                let token = fields.refresh_token().map(Zeroizing::new);
                fields.finish_with(token).map(Some)
            }
            Transport::Cookie if !self.cors.admits(self.headers) => Err(Problem::new(ProblemCode::OriginNotAllowed)),
            Transport::Cookie => Ok(cookie::token(self.headers)),
        }
    }
}

fn problem(error: &RefreshError, transport: Transport) -> Problem {
    let over = |code| Problem::new(code).with_headers(forgotten(transport).map(|value| (SET_COOKIE, value)));
    match error {
        RefreshError::Forged(_) => over(ProblemCode::InvalidRefreshToken),
        RefreshError::Reused => over(ProblemCode::RefreshTokenReused),
        RefreshError::Ended | RefreshError::UserRefused => over(ProblemCode::SessionEnded),
        RefreshError::Store(error) => store_problem(error),
        RefreshError::Issue(_) | RefreshError::Randomness(_) => Problem::new(ProblemCode::Internal),
    }
}

fn store_problem(error: &StoreError) -> Problem {
    match error {
        StoreError::Unavailable(_) => Problem::new(ProblemCode::Unavailable).retry_after(TRY_AGAIN),
        StoreError::Broken(_) => Problem::new(ProblemCode::Internal),
    }
}

/// A browser need not keep a cookie that is of no use any more.
fn forgotten(transport: Transport) -> Option<http::HeaderValue> {
    match transport {
        Transport::Body => None,
        Transport::Cookie => cookie::clear(),
    }
}

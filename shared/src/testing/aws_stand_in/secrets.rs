//! `GetSecretValue`: <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html>, and
//! `PutSecretValue`: <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_PutSecretValue.html>.

use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde_json::{Value, json};

use super::{Outcome, SECRET, Shared, reply};

pub(super) const MEDIA_TYPE: &str = "application/x-amz-json-1.1";

const NOT_FOUND: (StatusCode, &str, &str) =
    (StatusCode::BAD_REQUEST, "ResourceNotFoundException", "Secrets Manager can't find the specified secret.");

const TARGET: &str = "x-amz-target";

pub(super) fn is_called(headers: &HeaderMap) -> bool {
    headers.get(TARGET).is_some_and(|target| target == "secretsmanager.GetSecretValue")
}

pub(super) fn is_put(headers: &HeaderMap) -> bool {
    headers.get(TARGET).is_some_and(|target| target == "secretsmanager.PutSecretValue")
}

pub(super) fn get_secret_value(shared: &Shared, body: &[u8]) -> Outcome {
    let request: Value = serde_json::from_slice(body).unwrap_or_default();
    if request.get("SecretId").and_then(Value::as_str).is_none() {
        return Err((StatusCode::BAD_REQUEST, "InvalidParameterException", "SecretId must be given."));
    }
    let (secret, version) = {
        let state = shared.state();
        (state.secret.clone(), state.version)
    };
    let secret = secret.ok_or(NOT_FOUND)?;
    Ok(json!({
        "ARN": SECRET,
        "Name": "otp-auth-keys",
        "VersionId": version_id(version),
        "VersionStages": ["AWSCURRENT"],
        "CreatedDate": 1_795_435_200,
        "SecretString": secret,
    })
    .to_string())
}

pub(super) fn put_secret_value(shared: &Shared, body: &[u8]) -> Outcome {
    let request: Value = serde_json::from_slice(body).unwrap_or_default();
    let Some(text) = request.get("SecretString").and_then(Value::as_str) else {
        return Err((StatusCode::BAD_REQUEST, "InvalidParameterException", "SecretString must be given."));
    };
    let mut state = shared.state();
    if state.secret.is_none() {
        return Err(NOT_FOUND);
    }
    state.secret = Some(text.to_owned());
    state.version += 1;
    Ok(json!({ "ARN": SECRET, "Name": "otp-auth-keys", "VersionId": version_id(state.version) }).to_string())
}

fn version_id(version: u64) -> String {
    format!("00000000-0000-4000-8000-{:012}", version + 1)
}

pub(super) fn error(status: StatusCode, code: &str, message: &str) -> Response {
    reply(status, MEDIA_TYPE, json!({ "__type": code, "Message": message }).to_string())
}

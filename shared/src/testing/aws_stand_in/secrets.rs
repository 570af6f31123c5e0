//! `GetSecretValue`: <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html>.

use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde_json::{Value, json};

use super::{Outcome, SECRET, Shared, reply};

pub(super) const MEDIA_TYPE: &str = "application/x-amz-json-1.1";

const TARGET: &str = "x-amz-target";

pub(super) fn is_called(headers: &HeaderMap) -> bool {
    headers.get(TARGET).is_some_and(|target| target == "secretsmanager.GetSecretValue")
}

pub(super) fn get_secret_value(shared: &Shared, body: &[u8]) -> Outcome {
    let request: Value = serde_json::from_slice(body).unwrap_or_default();
    if request.get("SecretId").and_then(Value::as_str).is_none() {
        return Err((StatusCode::BAD_REQUEST, "InvalidParameterException", "SecretId must be given."));
    }
    let secret = shared.state().secret.clone();
    let secret = secret.ok_or((
        StatusCode::BAD_REQUEST,
        "ResourceNotFoundException",
        "Secrets Manager can't find the specified secret.",
    ))?;
    Ok(json!({
        "ARN": SECRET,
        "Name": "otp-auth-keys",
        "VersionId": "00000000-0000-4000-8000-000000000001",
        "VersionStages": ["AWSCURRENT"],
        "CreatedDate": 1_795_435_200,
        "SecretString": secret,
    })
    .to_string())
}

pub(super) fn error(status: StatusCode, code: &str, message: &str) -> Response {
    reply(status, MEDIA_TYPE, json!({ "__type": code, "Message": message }).to_string())
}

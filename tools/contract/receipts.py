"""Receipts as providers bring them: signed as each publishes it."""

import base64
import hashlib
import hmac
import json
import time
import urllib.parse

from document import RECEIPTS

TWILIO, VONAGE = RECEIPTS + "twilio", RECEIPTS + "vonage"
ACCOUNT, KEY = "AC0123456789abcdef0123456789abcdef", "abcd1234"
VAULT = {"twilio:auth_token": "a-token-of-this-run-alone", "vonage:signature_secret": "a-secret-of-this-run-alone-0123456789"}
SETTINGS = {
    "SMS_PROVIDERS": "twilio,vonage",
    "TWILIO_ACCOUNT_SID": ACCOUNT,
    "TWILIO_FROM_NUMBER": "+12065550100",
    "VONAGE_API_KEY": KEY,
    "VONAGE_SENDER": "Acme",
    "RECEIPTS_URL": "https://receipts.example.com",
}
FORM = "application/x-www-form-urlencoded"
TOO_LARGE = b"x" * (8 * 1024 + 1)


def run(client):
    fields = {"AccountSid": ACCOUNT, "MessageSid": "SM" + "0" * 32, "MessageStatus": "delivered"}
    for _ in ("first", "again"):
        client.expect(204, None, TWILIO, form(fields), headers=signed_by_twilio(fields), content_type=FORM)
    client.expect(400, "invalid_request", TWILIO, form({**fields, "MessageStatus": "failed"}), headers=signed_by_twilio(fields), content_type=FORM)
    client.expect(400, "invalid_request", TWILIO, form(fields), content_type=FORM)
    client.expect(413, "payload_too_large", TWILIO, TOO_LARGE, headers=signed_by_twilio(fields), content_type=FORM)
    client.expect(415, "unsupported_media_type", TWILIO, fields, headers=signed_by_twilio(fields))
    receipt = {"message_uuid": "aaaaaaaa-bbbb-4ccc-8ddd-0123456789ab", "status": "delivered", "timestamp": "2026-11-23T12:00:00Z", "channel": "sms"}
    body = json.dumps(receipt).encode()
    for _ in ("first", "again"):
        client.expect(204, None, VONAGE, body, headers=signed_by_vonage(body))
    client.expect(400, "invalid_request", VONAGE, body + b" ", headers=signed_by_vonage(body))
    client.expect(400, "invalid_request", VONAGE, body)
    client.expect(413, "payload_too_large", VONAGE, TOO_LARGE, headers=signed_by_vonage(body))
    client.expect(415, "unsupported_media_type", VONAGE, body, headers=signed_by_vonage(body), content_type="text/plain")


def not_served(client):
    """Where no provider was told to bring any."""
    client.expect(404, "not_found", TWILIO, b"", content_type=FORM)
    client.expect(404, "not_found", VONAGE, {})


def form(fields):
    return urllib.parse.urlencode(fields).encode()


def signed_by_twilio(fields):
    """https://www.twilio.com/docs/usage/security: the URL and the sorted fields."""
    signed = SETTINGS["RECEIPTS_URL"] + TWILIO + "".join(name + fields[name] for name in sorted(fields))
    tag = hmac.digest(VAULT["twilio:auth_token"].encode(), signed.encode(), "sha1")
    return {"X-Twilio-Signature": base64.b64encode(tag).decode()}


def signed_by_vonage(body):
    """https://developer.vonage.com/en/getting-started/concepts/webhooks: a token that names the body's hash."""
    claims = {"iat": int(time.time()), "iss": "Vonage", "api_key": KEY, "payload_hash": hashlib.sha256(body).hexdigest()}
    signed = ".".join(base64url(json.dumps(part).encode()) for part in ({"alg": "HS256", "typ": "JWT"}, claims))
    tag = hmac.digest(VAULT["vonage:signature_secret"].encode(), signed.encode(), "sha256")
    return {"Authorization": f"Bearer {signed}.{base64url(tag)}"}


def base64url(data):
    return base64.urlsafe_b64encode(data).decode().rstrip("=")

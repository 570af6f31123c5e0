"""What schemathesis cannot guess: a code that was really sent, and what follows from it. Each flow has identifiers of its own.

A route that the document does not have is left out; one that has no flow here is reported as not seen."""

import itertools
import uuid

import document

SEND, VERIFY = "/api/auth/otp/send", "/api/auth/otp/verify"
REFRESH, LOG_OUT = "/api/auth/token/refresh", "/api/auth/logout"
# A page that the local server knows.
ORIGIN = "http://localhost:5173"
TOO_LARGE = b'{"identifier":"' + b"x" * (8 * 1024) + b'"}'

_numbers = itertools.count(1000)


def a_number():
    return f"+1234568{next(_numbers)}"


def a_mailbox():
    return f"person{next(_numbers)}@example.com"


def run(client, whole):
    """Every flow, on every spelling of the paths."""
    for path, method in document.operations(whole):
        if path != document.NOWHERE and not path.startswith(document.RECEIPTS) and 405 not in statuses(whole, path, method):
            refused_by_its_form(client, path, method.upper(), statuses(whole, path, method))
    for slash in ("", "/"):
        if SEND + slash in client.paths and VERIFY + slash in client.paths:
            codes(client, SEND + slash, VERIFY + slash)
        if REFRESH + slash in client.paths and LOG_OUT + slash in client.paths:
            sessions(client, REFRESH + slash, LOG_OUT + slash)
    elsewhere(client, whole)


def statuses(whole, path, method):
    return {int(status) for status in whole["paths"][path][method]["responses"]}


def refused_by_its_form(client, path, method, said):
    """What every route with a body refuses, where the document says so; and a page that the browser has already."""
    if method == "GET":
        tag = client.call(path, method=method).headers.get("ETag")
        if tag and 304 in said:
            client.call(path, method=method, headers={"If-None-Match": tag})
        return
    if 400 in said:
        client.expect(400, "invalid_request", path, [], method=method)
        client.expect(400, "invalid_request", path, b"{", method=method)
    if 413 in said:
        client.expect(413, "payload_too_large", path, TOO_LARGE, method=method)
    if 415 in said:
        client.expect(415, "unsupported_media_type", path, b"{}", method=method, content_type="text/plain")


def codes(client, send, verify):
    signed_in_by(client, send, verify, a_number(), "otp_code")
    signed_in_by(client, send, verify, a_mailbox(), "code")
    guessed_wrong(client, send, verify)
    repeated(client, send)
    if (VERIFY, 409) in client.said:
        added_to_a_user(client, send, verify)
    client.expect(400, "invalid_identifier", send, {"identifier": "nobody"})
    client.expect(400, "invalid_identifier", verify, {"identifier": a_number(), "type": "email", "otp_code": "123456"})
    client.expect(403, "destination_not_allowed", send, {"identifier": "+18005551234"})


def signed_in_by(client, send, verify, identifier, field):
    sent = client.expect(200, None, send, {"identifier": identifier})
    client.expect(429, "rate_limited", send, {"identifier": identifier})
    guess = {"identifier": identifier, field: client.service.code_for(identifier), "challenge_id": sent["challenge_id"]}
    granted = client.expect(200, None, verify, guess)
    client.expect(400, "challenge_expired", verify, guess)
    return granted


def guessed_wrong(client, send, verify):
    identifier = a_number()
    sent = client.expect(200, None, send, {"identifier": identifier, "purpose": "signup"})
    right = client.service.code_for(identifier)
    wrong = right[:-1] + str((int(right[-1]) + 1) % 10)
    guess = {"identifier": identifier, "purpose": "signup", "otp_code": wrong, "challenge_id": sent["challenge_id"]}
    for left in (4, 3, 2, 1, 0):
        refused = client.expect(400, "invalid_code", verify, guess)
        assert refused["attempts_remaining"] == left, refused
    client.expect(400, "attempts_exhausted", verify, {**guess, "otp_code": right})
    client.expect(400, "challenge_expired", verify, {**guess, "purpose": "login"})
    client.expect(400, "challenge_expired", send, {"identifier": identifier, "challenge_id": "forged"})


def repeated(client, send):
    request = {"identifier": a_mailbox(), "locale": "en"}
    key = {"Idempotency-Key": str(uuid.uuid4())}
    first = client.expect(200, None, send, request, headers=key)
    again = client.expect(200, None, send, request, headers=key)
    assert first["challenge_id"] == again["challenge_id"], "another challenge for the same key"
    client.expect(422, "idempotency_key_reused", send, {"identifier": a_mailbox()}, headers=key)
    client.expect(400, "invalid_request", send, request, headers={"Idempotency-Key": "short"})


def added_to_a_user(client, send, verify):
    """A user's number, and a second one that there is no room for."""
    token = signed_in_by(client, send, verify, a_mailbox(), "otp_code")["access_token"]
    bearer = {"Authorization": f"Bearer {token}"}
    proves(client, send, verify, a_number(), bearer, 200, None)
    proves(client, send, verify, a_number(), bearer, 409, "identifier_already_set")
    asked = {"identifier": a_number(), "purpose": "phone_verification"}
    client.expect(400, "invalid_token", send, asked, headers={"Authorization": "Bearer forged"})


def proves(client, send, verify, identifier, bearer, status, code):
    asked = {"identifier": identifier, "purpose": "phone_verification"}
    sent = client.expect(200, None, send, asked, headers=bearer)
    guess = {**asked, "otp_code": client.service.code_for(identifier), "challenge_id": sent["challenge_id"]}
    client.expect(status, code, verify, guess, headers=bearer)


def sessions(client, refresh, log_out):
    """A grant's refresh token gives the next one once, and none when the session is over."""
    granted = signed_in_by(client, SEND, VERIFY, a_mailbox(), "otp_code")
    client.call(refresh, {"refresh_token": "forged"})
    client.call(log_out, {"refresh_token": "forged"})
    if "refresh_token" in granted:
        renewed = client.expect(200, None, refresh, {"refresh_token": granted["refresh_token"]})
        client.expect(200, None, log_out, {"refresh_token": renewed["refresh_token"]})
        client.call(refresh, {"refresh_token": renewed["refresh_token"]})


def when_strict(client):
    """On a server that insists on challenges, and keeps refresh tokens in cookies for pages of its own."""
    guess = {"identifier": a_number(), "otp_code": "123456"}
    client.expect(400, "challenge_required", VERIFY, guess)
    if REFRESH not in client.paths:
        return
    page = {"Origin": ORIGIN, "Cookie": cookie_of(client)}
    for slash in ("", "/"):
        client.expect(403, "origin_not_allowed", REFRESH + slash, {}, headers={"Cookie": page["Cookie"]})
        client.expect(403, "origin_not_allowed", LOG_OUT + slash, {}, headers={"Cookie": page["Cookie"]})
    client.expect(200, None, REFRESH, {}, headers=page)
    client.expect(200, None, LOG_OUT, {}, headers=page)


def cookie_of(client):
    identifier = a_mailbox()
    sent = client.expect(200, None, SEND, {"identifier": identifier})
    guess = {"identifier": identifier, "otp_code": client.service.code_for(identifier), "challenge_id": sent["challenge_id"]}
    return client.call(VERIFY, guess).headers["Set-Cookie"].split(";")[0]


def without_sessions(client):
    """On a server that gives no refresh tokens."""
    for path in (REFRESH, REFRESH + "/", LOG_OUT, LOG_OUT + "/"):
        if path in client.paths:
            client.expect(404, "not_found", path, {"refresh_token": "x"})


def elsewhere(client, whole):
    for path, method in document.operations(whole):
        if path == document.NOWHERE:
            client.expect(404, "not_found", path, method=method.upper())
        if statuses(whole, path, method) == {405}:
            client.expect(405, "method_not_allowed", path, method=method.upper())

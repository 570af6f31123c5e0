"""What schemathesis sends and sees: every request is somebody else's, and every route and status is written down.

Without the first, one cooldown or one used key would be the answer to nearly all requests, whatever else they say."""

import itertools
import os
import uuid

import schemathesis

SEEN = os.environ.get("CONTRACT_SEEN")

_numbers = itertools.count(1000)


@schemathesis.hook
def before_call(context, case, kwargs):
    if isinstance(case.body, dict) and isinstance(case.body.get("identifier"), str):
        case.body = {**case.body, "identifier": somebody(case.body["identifier"], case.body.get("type"))}
    if 22 <= len((case.headers or {}).get("Idempotency-Key", "")) <= 255:
        case.headers["Idempotency-Key"] = str(uuid.UUID(int=next(_numbers)))


@schemathesis.hook
def after_call(context, case, response):
    if SEEN:
        with open(SEEN, "a", encoding="utf-8") as file:
            file.write(f"{case.method.upper()} {case.operation.path} {response.status_code}\n")


def somebody(text, kind):
    """Random text is hardly ever an identifier. With a real one, the other fields are looked at too."""
    number = next(_numbers)
    if number % 8 == 0:
        return text
    is_email = kind == "email" or (kind != "phone" and number % 2)
    return f"user{number}@example.com" if is_email else f"+1 (234) 567-{number % 9000 + 1000}"

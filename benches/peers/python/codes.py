"""What both handlers share."""

import hashlib
import hmac
import json
import os
import re
import secrets

CODE_SECONDS = 600
PHONE = re.compile(r"\+[1-9]\d{7,14}")
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


def new_code():
    return f"{secrets.randbelow(1_000_000):06}"


def digest(to, code):
    return hmac.new(os.environ["CODE_PEPPER"].encode(), f"{to}:{code}".encode(), hashlib.sha256).hexdigest()


def recipient(text):
    to = text.strip().lower()
    if PHONE.fullmatch(to) or EMAIL.fullmatch(to):
        return to
    raise ValueError("neither a phone number nor an email address")


def reply(status, body):
    return {"statusCode": status, "headers": {"Content-Type": "application/json"}, "body": json.dumps(body)}

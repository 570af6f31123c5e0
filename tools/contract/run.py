"""`make contract`: openapi.yaml against the local server. Ends with 1 when either says what the other does not.

1. Flows with real codes; every reply is checked. First, before anything else has used up a limit.
2. A control: with one status less in the document, the checks fail.
3. schemathesis makes requests from the document, right and wrong ones; the same checks and more.
4. Every documented (route, status) must have been seen, but for those that the local server cannot give."""

import os
import subprocess
import sys
import tempfile

from schemathesis.core.failures import FailureGroup

import document
import flows
import receipts
from client import Client
from service import Service

SPECIFICATION = "openapi.yaml"
HERE = os.path.dirname(os.path.abspath(__file__))
# Faults of ours, of the providers, of the store: nothing here is at fault. Fixtures of the library's tests show them.
NEVER_HERE = {500, 502, 503}
# The local server always has tokens.
ALWAYS_SERVED = {("/.well-known/jwks.json", 404), ("/.well-known/openid-configuration", 404)}
# The same requests every time: a failure is a change, and can be repeated.
SEED = "1"
EXAMPLES = os.environ.get("EXAMPLES", "60")


def main():
    specification = sys.argv[1] if len(sys.argv) > 1 else SPECIFICATION
    said = document.read(specification)
    whole = document.with_the_rest(said)
    with Service(SESSIONS="cookie", CHALLENGE_BINDING="required") as service:
        strict = Client(whole, service)
        flows.when_strict(strict)
        receipts.not_served(strict)
    with Service(SESSIONS="off") as service:
        plain = Client(whole, service)
        flows.without_sessions(plain)
    with Service(receipts.VAULT, **receipts.SETTINGS, SESSIONS="body") as service:
        client = Client(whole, service)
        flows.run(client, whole)
        receipts.run(client)
        noticed = control(said, service)
        generated, passed = schemathesis(specification, service)
    clients = (client, strict, plain)
    seen = generated.union(*(client.seen for client in clients))
    missing = report(said, seen, set().union(*(client.codes for client in clients)))
    print(f"\nControl: a status that is not in the document is {'noticed' if noticed else 'NOT NOTICED'}.")
    sys.exit(0 if passed and noticed and not missing else 1)


def schemathesis(specification, service):
    """What its requests saw, and whether every reply was as documented."""
    with tempfile.TemporaryDirectory() as folder:
        seen = os.path.join(folder, "seen")
        command = [os.path.join(os.path.dirname(sys.executable), "schemathesis"), "--no-color"]
        command += ["--config-file", os.path.join(HERE, "schemathesis.toml"), "run", os.path.abspath(specification), "--url", service.url]
        command += ["--max-examples", EXAMPLES, "--seed", SEED, "--continue-on-failure"]
        # Nobody guesses a code: that most requests to verify are refused is as it should be.
        command += ["--warnings", "off", "--output-sanitize", "false"]
        environment = {**os.environ, "CONTRACT_SEEN": seen, "SCHEMATHESIS_HOOKS": "hooks", "PYTHONPATH": HERE}
        # In a folder of its own: it keeps what it found there.
        ended = subprocess.run(command, env=environment, cwd=folder, check=False)
        with open(seen, encoding="utf-8") as file:
            lines = {tuple(line.split()) for line in file}
    return {(method, path, int(status)) for method, path, status in lines}, ended.returncode == 0


def control(said, service):
    """Is a status noticed that the document does not have?"""
    less = document.without(document.with_the_rest(said), "POST", flows.SEND, 429)
    try:
        flows.signed_in_by(Client(less, service), flows.SEND, flows.VERIFY, flows.a_number(), "otp_code")
    except FailureGroup as failures:
        return any("status" in failure.title.lower() for failure in failures.exceptions)
    return False


def report(said, seen, codes):
    """Prints every documented (route, status). Those that should have been seen, and were not."""
    missing = []
    print("\nDocumented statuses:                      seen | not seen")
    for path, method in document.operations(said):
        wanted = sorted(status for (m, p, status) in document.documented(said) if (m, p) == (method.upper(), path))
        unseen = [status for status in wanted if (method.upper(), path, status) not in seen]
        missing += [(path, status) for status in unseen if can_be_seen(path, status)]
        print(f"  {method.upper():4} {path:34} {line(set(wanted) - set(unseen))} | {line(unseen)}")
    print(f"  codes of the problems seen: {', '.join(sorted(codes))}")
    for path, status in missing:
        print(f"NOT SEEN: {path} {status}. Add a flow that leads there (tools/contract/flows.py).")
    return missing


def can_be_seen(path, status):
    return status not in NEVER_HERE and (path, status) not in ALWAYS_SERVED


def line(statuses):
    return " ".join(str(status) for status in sorted(statuses)) or "-"


if __name__ == "__main__":
    main()

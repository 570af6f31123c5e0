"""Signs in at the local server, makes a token wrong in each way, and shows every check all of them.

Fails when a check refuses the genuine token or accepts another one. `examples/run-tests` installs what this needs.
"""

import base64
import json
import re
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

import jwt
from cryptography.hazmat.primitives import serialization

HERE = Path(__file__).parent
ROOT = HERE.parent
AUDIENCE = "https://api.example.com"


def encode(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decode(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


class Server:
    """The local server, with its table and its keys in a folder of their own."""

    def __init__(self, folder):
        self.database = f"{folder}/otp.sqlite"
        settings = {"PORT": "0", "OTP_DB": self.database, "TOKEN_AUDIENCE": AUDIENCE}
        self.process = subprocess.Popen([ROOT / "target/debug/dev-server"], env=settings, stdout=subprocess.PIPE, text=True)
        self.url = self.line(r"The API listens on (\S+)")

    def line(self, pattern):
        for line in self.process.stdout:
            found = re.search(pattern, line)
            if found:
                return found[1]
        sys.exit(f"the local server ended before it said {pattern}")

    def post(self, path, body):
        request = urllib.request.Request(self.url + path, json.dumps(body).encode(), {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=20) as reply:
            return json.load(reply)

    def sign_in(self):
        self.post("/api/auth/otp/send", {"identifier": "+12345678901"})
        code = self.line(r"OTP for \S+: (\d+)")
        return self.post("/api/auth/otp/verify", {"identifier": "+12345678901", "otp_code": code})

    def signing_key(self):
        """What nobody but the service has: here it makes the tokens that are signed rightly and wrong all the same."""
        secret = json.loads(Path(f"{self.database}.keys").read_text())
        return serialization.load_der_private_key(base64.b64decode(secret[secret["signing"]]), None)


def tokens(genuine, key):
    """(what it is, token): the genuine one first."""
    head, body, signature = genuine.split(".")
    header, claims = json.loads(decode(head)), json.loads(decode(body))
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)

    def signed(changed_claims, **changed_header):
        message = f"{encode(json.dumps(header | changed_header).encode())}.{encode(json.dumps(changed_claims).encode())}"
        return f"{message}.{encode(jwt.algorithms.RSAAlgorithm(jwt.algorithms.RSAAlgorithm.SHA256).sign(message.encode(), key))}"

    def flipped(part):
        data = bytearray(decode(part))
        data[len(data) // 2] ^= 1
        return encode(bytes(data))

    def confused(secret):
        message = f"{encode(json.dumps(header | {'alg': 'HS256'}).encode())}.{body}"
        return f"{message}.{encode(jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256).sign(message.encode(), secret))}"

    without_exp = {name: value for name, value in claims.items() if name != "exp"}
    return [
        ("a genuine token", genuine),
        ("one bit of the signature flipped", f"{head}.{body}.{flipped(signature)}"),
        ("one bit of the claims flipped", f"{head}.{flipped(body)}.{signature}"),
        ("alg: none", f"{encode(json.dumps(header | {'alg': 'none'}).encode())}.{body}."),
        ("HS256 with the public key (PEM)", confused(public)),
        ("HS256 with the public key (modulus)", confused(key.public_key().public_numbers().n.to_bytes(256))),
        ("exp as a string", signed(claims | {"exp": str(claims["exp"])})),
        ("no exp", signed(without_exp)),
        ("expired", signed(claims | {"exp": int(time.time()) - 120})),
        ("not yet good", signed(claims | {"nbf": int(time.time()) + 120})),
        ("for another audience", signed(claims | {"aud": "https://other.example.com"})),
        ("from another issuer", signed(claims | {"iss": "https://evil.example.com"})),
        ("another kind of token", signed(claims, typ="JWT")),
        ("an unknown key", signed(claims, kid="somebody-elses")),
        ("no token at all", "x.y.z"),
    ]


def checks(issuer, key_set):
    """The programs, each with its arguments."""
    return {
        "Rust": [ROOT / "target/debug/check-token", issuer, AUDIENCE, key_set],
        "Node": ["node", HERE / "node/check.mjs", issuer, AUDIENCE],
        "Python": [sys.executable, HERE / "python/check.py", issuer, AUDIENCE],
    }


def main():
    with tempfile.TemporaryDirectory() as folder:
        server = Server(folder)
        try:
            return compare(server, folder)
        finally:
            server.process.terminate()
            server.process.wait()


def compare(server, folder):
    signed_in = server.sign_in()
    key_set = f"{folder}/jwks.json"
    urllib.request.urlretrieve(f"{server.url}/.well-known/jwks.json", key_set)
    cases = tokens(signed_in["access_token"], server.signing_key())
    # Signed like the others, the right claims must pass: else nothing would be shown by those that do not.
    genuine = jwt.decode(signed_in["access_token"], options={"verify_signature": False})
    head = jwt.get_unverified_header(signed_in["access_token"])
    cases.insert(1, ("signed again with the same claims", jwt.encode(genuine, server.signing_key(), "RS256", headers=head)))
    answers = {}
    for language, command in checks(server.url, key_set).items():
        ran = subprocess.run(command, input="".join(f"{token}\n" for _, token in cases), stdout=subprocess.PIPE, text=True, check=True)
        answers[language] = ran.stdout.splitlines()
        if len(answers[language]) != len(cases):
            sys.exit(f"{language}: {len(answers[language])} answers to {len(cases)} tokens")
    wrong = 0
    for number, (what, _) in enumerate(cases):
        wanted = f"accepted {signed_in['user']['id']}" if number < 2 else "refused"
        found = {language: lines[number] for language, lines in answers.items()}
        fine = all(line == wanted if number < 2 else line.startswith(wanted) for line in found.values())
        wrong += not fine
        print(f"{'ok ' if fine else 'BAD'} {what:38} " + "   ".join(f"{language}: {line}" for language, line in found.items()))
    print(f"{len(cases)} tokens, {len(answers)} languages, {wrong} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

"""Checks access tokens, one a line: python check.py ISSUER AUDIENCE <tokens"""

import sys

import jwt

issuer, audience = sys.argv[1:]
# Fetched when it is needed, kept, and fetched again for a key id that is not in it.
keys = jwt.PyJWKClient(f"{issuer}/.well-known/jwks.json")


def check(token):
    if jwt.get_unverified_header(token).get("typ") != "at+jwt":
        raise jwt.InvalidTokenError("not an access token")
    key = keys.get_signing_key_from_jwt(token)
    # RS256 is what the deployment signs with; what a token says does not count.
    claims = jwt.decode(token, key.key, algorithms=["RS256"], issuer=issuer, audience=audience,
                        options={"require": ["exp", "nbf", "sub", "iss", "aud"]})
    if not all(type(claims[name]) is int for name in ("exp", "nbf")):  # PyJWT takes text that looks like a number
        raise jwt.InvalidTokenError("a time is no number")
    return claims["sub"]


for line in sys.stdin:
    try:
        print("accepted", check(line.strip()))
    except jwt.PyJWTError as error:
        print("refused", type(error).__name__)

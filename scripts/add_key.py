"""Reads the keys secret (JSON) and writes it with a new key that makes codes from now on. docs/deploy.md, "Rotate the keys".

The key before it stays, for the codes under way; so does the one that names identifiers, which can never change. Older ones go.
What is no key, such as a provider's secret, stays as it is.
"""

import json
import secrets
import string
import sys

LENGTH = 64


def with_new_key(keys):
    names = {name for name in keys if name.startswith("k") and name[1:].isdigit()}
    newest = max(int(name.removeprefix("k")) for name in names)
    if newest >= 255:
        sys.exit("There is no key id after k255.")
    new = f"k{newest + 1}"
    kept = {keys["identifiers"], keys["codes"]}
    alphabet = string.ascii_letters + string.digits
    return {
        "identifiers": keys["identifiers"],
        "codes": new,
        **{name: value for name, value in keys.items() if name in kept or name not in names | {"identifiers", "codes"}},
        new: "".join(secrets.choice(alphabet) for _ in range(LENGTH)),
    }


if __name__ == "__main__":
    json.dump(with_new_key(json.load(sys.stdin)), sys.stdout)

"""openapi.yaml as the flows need it."""

import copy

import yaml

METHODS = ("get", "put", "post", "delete", "patch")
# Where nothing is.
NOWHERE = "/api/auth/otp/nowhere"
# Where providers bring receipts.
RECEIPTS = "/api/auth/otp/receipts/"


def read(path):
    with open(path, encoding="utf-8") as file:
        return yaml.safe_load(file)


def operations(document):
    """Every (path, method) of the document."""
    return [(path, method) for path, item in document["paths"].items() for method in METHODS if method in item]


def documented(document):
    """Every (method, path, status) of the document."""
    return {
        (method.upper(), path, int(status))
        for path, method in operations(document)
        for status in document["paths"][path][method]["responses"]
    }


def with_the_rest(document):
    """The document, and what it says of all other paths and methods: `NotFound` and `MethodNotAllowed`."""
    whole = copy.deepcopy(document)
    elsewhere = {"responses": {"404": {"$ref": "#/components/responses/NotFound"}}}
    wrong_method = {"responses": {"405": {"$ref": "#/components/responses/MethodNotAllowed"}}}
    for path, item in whole["paths"].items():
        for method in METHODS:
            item.setdefault(method, wrong_method)
    whole["paths"][NOWHERE] = {method: elsewhere for method in METHODS}
    return whole


def without(document, method, path, status):
    """The document with one status less, for the control."""
    less = copy.deepcopy(document)
    operation = less["paths"][path][method.lower()]
    operation["responses"] = {code: said for code, said in operation["responses"].items() if code != str(status)}
    return less

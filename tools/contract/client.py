"""Calls that are checked against the document, and remembered."""

import json

import requests
import schemathesis
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


class Client:
    def __init__(self, document, service):
        self.service = service
        self.schema = schemathesis.openapi.from_dict(document)
        self.paths = set(document["paths"])
        self.said = {
            (path, int(status))
            for path, item in document["paths"].items()
            for status in item.get("post", {}).get("responses", {})
        }
        self.seen = set()
        self.codes = set()

    def call(self, path, body=None, method="POST", headers=None, content_type="application/json"):
        """Sends `body` (JSON, unless it is bytes) and checks the reply. The reply."""
        data = body if isinstance(body, bytes) else None if body is None else json.dumps(body).encode()
        headers = {**({"Content-Type": content_type} if data is not None else {}), **(headers or {})}
        reply = requests.request(method, self.service.url + path, data=data, headers=headers, timeout=30)
        self.schema[path][method].Case().validate_response(reply, checks=CHECKS)
        self.seen.add((method, path, reply.status_code))
        if reply.status_code >= 400:
            self.codes.add(reply.json()["code"])
        return reply

    def expect(self, status, code, path, *arguments, **options):
        """The same, for one outcome. The reply's body."""
        reply = self.call(path, *arguments, **options)
        body = reply.json() if reply.content else {}
        found = (reply.status_code, body.get("code"))
        if found != (status, code):
            raise AssertionError(f"{path}: {found} instead of {(status, code)}")
        return body

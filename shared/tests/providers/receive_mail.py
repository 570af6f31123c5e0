"""A mail server that others wrote (aiosmtpd): prints its port, then each mail as the standard library parses it.

receive_mail.py CERTIFICATE KEY starttls|tls
"""

import asyncio
import json
import ssl
import sys
from email import message_from_bytes, policy

from aiosmtpd.smtp import SMTP, AuthResult


class Printing:
    async def handle_DATA(self, server, session, envelope):
        mail = message_from_bytes(envelope.content, policy=policy.default)
        part = {kind: mail.get_body((kind,)) for kind in ("plain", "html")}
        seen = {
            "encrypted": session.ssl is not None or server.transport.get_extra_info("cipher") is not None,
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "headers": {name: str(value) for name, value in mail.items()},
            "text": part["plain"].get_content(),
            "html": part["html"].get_content(),
            "defects": [str(defect) for defect in mail.defects],
        }
        print(json.dumps(seen), flush=True)
        return "250 2.0.0 taken"


def authenticator(server, session, envelope, mechanism, data):
    # Not handled: the reply is still to be sent.
    return AuthResult(success=(data.login, data.password) == (b"ada", b"password"), handled=False)


async def main():
    certificate, key, mode = sys.argv[1:]
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    starttls = mode == "starttls"

    def serve():
        return SMTP(
            Printing(),
            hostname="localhost",
            tls_context=context if starttls else None,
            require_starttls=starttls,
            auth_required=True,
            auth_require_tls=starttls,
            authenticator=authenticator,
        )

    server = await asyncio.get_running_loop().create_server(serve, "127.0.0.1", 0, ssl=None if starttls else context)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


asyncio.run(main())

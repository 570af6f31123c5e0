"""AWS as others understand it (moto): prints its port, and for each line on standard input what it has been asked to send."""

import json
import logging
import sys
import urllib.request

import boto3
from moto.server import ThreadedMotoServer

logging.getLogger("werkzeug").setLevel(logging.ERROR)
server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
_, port = server.get_host_and_port()
endpoint = f"http://127.0.0.1:{port}"
access = {"region_name": "eu-west-1", "aws_access_key_id": "local", "aws_secret_access_key": "local", "endpoint_url": endpoint}
boto3.client("sesv2", **access).create_email_identity(EmailIdentity="login@example.com")
print(port, flush=True)
for _ in sys.stdin:
    with urllib.request.urlopen(f"{endpoint}/moto-api/data.json") as reply:
        record = json.load(reply)
    print(json.dumps({service: record.get(service) for service in ("sns", "ses", "sesv2")}), flush=True)

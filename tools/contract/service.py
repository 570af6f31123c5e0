"""The local server, as `make run` starts it, on a free port with limits on addresses and texts that do not hide everything else."""

import json
import os
import re
import secrets
import subprocess
import tempfile
import threading

import requests

PROGRAM = "target/debug/dev-server"
SETTINGS = {
    "PORT": "0",
    "LOG_LEVEL": "error",
    "RATE_SEND_PER_ADDRESS_PER_MINUTE": "100000",
    "RATE_SEND_PER_ADDRESS_PER_HOUR": "100000",
    "GUARD_MODE": "observe",
    "SMS_BUDGET_MESSAGES_PER_DAY": "1000000",
    "SMS_BUDGET_COUNTRY_PERCENT": "100",
}


class Service:
    """Running as long as the `with` block, with these settings besides, and these secrets of providers."""

    def __init__(self, of_providers=None, **settings):
        self.settings = {**SETTINGS, **settings}
        self.of_providers = of_providers

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory()
        if self.of_providers:
            self.settings["OTP_DB"] = os.path.join(self.folder.name, "table")
            keys = {"identifiers": "k1", "codes": "k1", "k1": secrets.token_urlsafe(48), **self.of_providers}
            with open(os.path.join(self.folder.name, "table.keys"), "w", encoding="utf-8") as file:
                json.dump(keys, file)
        self.process = subprocess.Popen([PROGRAM], env=self.settings, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        for line in self.process.stdout:
            listening = re.match(r"The API listens on (\S+)", line)
            if listening:
                self.url = listening[1]
                # It prints codes; a pipe that nobody reads would stop it.
                threading.Thread(target=self.process.stdout.read, daemon=True).start()
                return self
        raise SystemExit(f"{PROGRAM} did not start")

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(timeout=10)
        self.folder.cleanup()

    def code_for(self, identifier):
        """The code of the newest message to `identifier`."""
        sent = requests.get(f"{self.url}/dev/outbox.json", timeout=10).json()
        text = [message["text"] for message in sent if message["to"] == identifier][-1]
        return re.search(r"^@\S+ #(\w+)$", text, re.MULTILINE)[1]

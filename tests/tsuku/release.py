# SPDX-License-Identifier: MIT
"""A release, served to tsuku as GitHub's, in a network in which there is nobody else.

tsuku downloads by HTTPS alone, and its recipes name a repository and no host. So this process and all that
it starts get a network and mounts of their own; there both of GitHub's hosts are this machine, and a
certificate made for the occasion says so."""

import fcntl
import hashlib
import http.server
import json
import os
import shutil
import socket
import ssl
import struct
import subprocess
import sys
import threading

HOSTS = ("github.com", "api.github.com")
INSIDE = "DLTEST_OWN_NETWORK"
SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 1


def enter_own_network():
    """Starts this program again in a network of its own, unless it is there. Says why if it cannot."""
    if os.environ.get(INSIDE):
        _raise_loopback()
        return None
    if not shutil.which("openssl"):
        return "there is no openssl to make a certificate with"
    user = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    command = ["/usr/bin/unshare", *user, "--net", "--mount", "--propagation", "private"]
    tried = subprocess.run([*command, "/bin/true"], capture_output=True, text=True, check=False)
    if tried.returncode != 0:
        return f"it gets no network of its own: {tried.stderr.strip()}"
    os.environ[INSIDE] = "1"
    os.execv(command[0], [*command, sys.executable, "-B", *sys.argv])


def _raise_loopback():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        name = b"lo".ljust(16, b"\0")
        flags, = struct.unpack_from("16xH", fcntl.ioctl(control, SIOCGIFFLAGS, name.ljust(40, b"\0")))
        fcntl.ioctl(control, SIOCSIFFLAGS, struct.pack("16sH22x", name, flags | IFF_UP))


class Release:
    """One release of a repository: its files by their names, which can be changed at any time."""

    def __init__(self, base, repository, version):
        self.repository, self.version = repository, version
        self.files = {}
        self.asked = []
        self.certificate = base / "certificate.pem"
        hosts = base / "hosts"
        hosts.write_text(f"127.0.0.1 localhost {' '.join(HOSTS)}\n")
        subprocess.run(["mount", "--bind", hosts, "/etc/hosts"], check=True)
        key = base / "key.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                        "-nodes", "-days", "2", "-subj", "/CN=github.com", "-addext",
                        "subjectAltName=" + ",".join(f"DNS:{host}" for host in HOSTS),
                        "-keyout", key, "-out", self.certificate], check=True, capture_output=True)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, key)
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 443), self._handler())
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def add_sums(self):
        """SHA256SUMS of the archives that are there."""
        lines = [f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in self.files.items()
                 if name.endswith(".tar.xz")]
        self.files["SHA256SUMS"] = "".join(lines).encode()

    def answer(self, host, path):
        """The bytes that are there, or None."""
        self.asked.append(f"{host}{path}")
        if host == "api.github.com" and path.startswith(f"/repos/{self.repository}/tags"):
            return json.dumps([{"name": f"v{self.version}"}]).encode()
        prefix = f"/{self.repository}/releases/download/v{self.version}/"
        if host == "github.com" and path.startswith(prefix):
            return self.files.get(path.removeprefix(prefix))
        return None

    def _handler(self):
        release = self

        class Handler(http.server.BaseHTTPRequestHandler):
            """What GitHub would answer."""

            def do_GET(self):  # pylint: disable=invalid-name
                """Sends a file, or 404."""
                data = release.answer(self.headers["Host"], self.path)
                self.send_response(404 if data is None else 200)
                data = b'{"message": "Not Found"}' if data is None else data
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_):  # pylint: disable=arguments-differ
                """Says nothing."""

        return Handler

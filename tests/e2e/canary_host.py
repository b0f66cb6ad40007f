#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A host that repeats whatever login it is sent, in every place of its answers.

Usage: canary_host.py DIRECTORY

Writes to DIRECTORY: "ports", a line "NAME PORT" for each of its doors, once they
are open; and "sent", the logins that came, as they were meant. Each door is a
registry, a host of files and a proxy:

  /v2/NAME/...       a registry that wants a login, and then answers as NAME says
  /files/NAME/...    a host of files, which also answers without a login
  http://HOST/...    a proxy, which lets nobody through

The door "tls" has a certificate that nobody trusts.
"""

import base64
import gzip
import http.server
import io
import pathlib
import ssl
import subprocess
import sys
import tarfile
import threading
import urllib.parse

DOORS = ("auth", "identity", "helper", "broken", "netrc", "proxy", "destination", "tls")
OPEN = "nobody"
lock = threading.Lock()
directory = pathlib.Path(sys.argv[1])


def plain(login):
    """What a header means: Basic is taken apart."""
    kind, _, payload = login.partition(" ")
    if kind != "Basic":
        return payload
    try:
        return base64.b64decode(payload).decode()
    except ValueError:
        return payload


def archive():
    """A small tar.gz that is as it should be."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        entry = tarfile.TarInfo("tool")
        entry.size = 5
        tar.addfile(entry, io.BytesIO(b"tool\n"))
    return gzip.compress(packed.getvalue(), mtime=0)


GOOD = archive()


class Host(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, body=b"", **headers):
        """Answers with headers named as keywords; a None leaves one out."""
        if isinstance(body, str):
            body = body.encode()
        self.send_response(status)
        headers = {"Content-Type": "application/json", "Content-Length": str(len(body)), **headers}
        for name, value in headers.items():
            if value is not None:
                self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def login(self):
        """The login of the request in all its forms, and noted."""
        login = self.headers.get("Authorization") or self.headers.get("Proxy-Authorization") or ""
        if login:
            self.note(plain(login))
        return login

    def note(self, text):
        with lock, open(directory / "sent", "a", encoding="utf-8") as sent:
            sent.write(f"{self.server.door} {text}\n")

    def echo(self, status, login, **headers):
        words = f"bad login: {login}, that is {plain(login)}, or {urllib.parse.quote(login)}"
        body = ('{"errors": [{"code": "%s", "message": "%s", "detail": "%s"}]}'
                % (login, words, plain(login)))
        self.answer(status, body, X_Echo=login, Retry_After=login, **headers)

    def serve(self):
        length = int(self.headers.get("Content-Length") or 0)
        sent = self.rfile.read(length).decode(errors="replace") if length < 1 << 20 else ""
        login = self.login()
        url = urllib.parse.urlsplit(self.path)
        if self.command == "CONNECT" or url.netloc:
            self.echo(407, login, Proxy_Authenticate="Basic realm=\"proxy\"")
        elif url.path.startswith("/token"):
            self.token(login, sent, url)
        elif url.path.startswith("/v2/"):
            self.registry(login, url.path[len("/v2/"):].partition("/")[0])
        else:
            self.files(login, url.path)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_CONNECT = serve

    def token(self, login, sent, url):
        form = urllib.parse.parse_qs(sent)
        secret = (form.get("refresh_token") or form.get("password") or [""])[0]
        if secret:
            self.note(secret)
        if "refuses" in url.query or "refuses" in sent:
            self.echo(403, login or f"Bearer {secret}")
            return
        # A token that says who it is for, as JSON Web Tokens do.
        token = base64.urlsafe_b64encode((plain(login) or secret or OPEN).encode()).decode()
        self.answer(200, '{"token": "header.%s.signature", "expires_in": 300}' % token.rstrip("="))

    def registry(self, login, name):
        if not login:
            host = self.headers["Host"]
            scheme = "https" if self.server.door == "tls" else "http"
            wants = (f'Bearer realm="{scheme}://{host}/token",service="{name}"' if name.startswith("token")
                     else 'Basic realm="canary"')
            self.answer(401, '{"errors": [{"code": "UNAUTHORIZED"}]}', WWW_Authenticate=wants)
        elif name.endswith("401"):
            self.echo(401, login, WWW_Authenticate=f'Basic realm="{plain(login)}"')
        elif name.endswith("403"):
            self.echo(403, login)
        elif name.endswith("text"):
            self.answer(400, f"no: {login} {plain(login)}", Content_Type="text/plain")
        elif name.endswith("page"):
            self.answer(400, f"<html>{login} {plain(login)}</html>", Content_Type="text/html")
        elif name.endswith("redirect"):
            quoted = urllib.parse.quote(plain(login), safe="")
            self.answer(307, Location=f"http://{self.headers['Host']}/gone/{quoted}?login={quoted}")
        elif name.endswith("type"):
            self.answer(200, "{}", Content_Type=login, Docker_Content_Digest=plain(login), ETag=login)
        else:
            self.echo(404, login)

    def files(self, login, path):
        quoted = urllib.parse.quote(plain(login), safe="")
        if "/good/" in path or "/marked/" in path:
            tag = f'"{login}"' if "/marked/" in path else '"1"'
            self.answer(200, GOOD, Content_Type="application/gzip", ETag=tag)
        elif "/late/" in path and self.command == "HEAD":
            self.answer(200, GOOD, Content_Type="application/gzip", ETag='"1"')
        elif "/redirect/" in path:
            self.answer(302, Location=f"/gone/{quoted}?login={quoted}")
        elif "/range/" in path:
            self.answer(206, GOOD, Content_Range=plain(login), Content_Length=str(len(GOOD)))
        else:
            for status in (400, 401, 404):
                if f"/{status}/" in path:
                    self.echo(status, login, WWW_Authenticate=f'Basic realm="{plain(login)}"')
                    return
            self.echo(403, login)


class Door(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        """A caller that hangs up is no news."""


def main():
    ports = []
    for door in DOORS:
        server = Door(("127.0.0.1", 0), Host)
        server.door = door
        if door == "tls":
            key, certificate = directory / "tls.key", directory / "tls.crt"
            subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",
                            "/CN=nobody", "-keyout", key, "-out", certificate], check=True, capture_output=True)
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate, key)
            server.socket = context.wrap_socket(server.socket, server_side=True)
        ports.append(f"{door} {server.server_address[1]}\n")
        threading.Thread(target=server.serve_forever, daemon=True).start()
    partial = directory / "ports.partial"
    partial.write_text("".join(ports))
    partial.rename(directory / "ports")
    threading.Event().wait()


main()

"""lying_server.py PORT FILES REGISTRY: a stand-in for servers as they should not be.

/MODE/FILE serves a file of FILES in a wrong way; /v2/MODE/NAME/... passes on to the registry and does the same to blobs only. Modes:
cut (each connection ends after half of what was asked for, then Range helps), short (ends early for good), ignore-range, wrong-range,
endless, flip (one byte is another), html (a login page instead), gone, busy (503 twice, then well), limit (429 for good), wait (429 with
Retry-After: 1, once), loop (redirects to itself), away (redirects to the name localhost, to see what is sent along), silent (closes at once),
stall (half, then nothing).
"""
import http.client
import http.server
import os
import sys
import threading
import time

PORT, FILES, REGISTRY = int(sys.argv[1]), sys.argv[2], sys.argv[3]
LOGIN_PAGE = b"<html><body>please log in</body></html>\n"
SEEN = {}
LOCK = threading.Lock()


def count(key):
    with LOCK:
        SEEN[key] = SEEN.get(key, 0) + 1
        return SEEN[key]


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        print(self.command, self.path, self.headers.get("Range"), "authorized" if "Authorization" in self.headers else "anonymous", flush=True)

    def do_HEAD(self):
        self.do_GET()

    def do_GET(self):
        parts = self.path.lstrip("/").split("/", 2 if self.path.startswith("/v2/") else 1)
        if parts[0] == "v2":
            return self.registry(parts[1], parts[2])
        path = os.path.join(FILES, parts[1])
        if not os.path.exists(path):
            return self.plain(404, b"")
        with open(path, "rb") as file:
            return self.lie(parts[0], file.read(), {"Content-Type": "application/octet-stream"})

    def registry(self, mode, rest):
        connection = http.client.HTTPConnection(REGISTRY)
        connection.request("GET", "/v2/" + rest, headers={"Accept": self.headers.get("Accept", "*/*")})
        answer = connection.getresponse()
        body = answer.read()
        kept = {name: answer.headers[name] for name in ("Content-Type", "Docker-Content-Digest") if name in answer.headers}
        target = "/manifests/" if mode.startswith("manifest-") else "/blobs/"
        if answer.status != 200 or target not in self.path:
            return self.plain(answer.status, body, kept)
        return self.lie(mode.removeprefix("manifest-"), body, kept)

    def plain(self, status, body, headers=None):
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def lie(self, mode, body, headers):
        getattr(self, "lie_" + mode.replace("-", "_"))(body, headers)

    def first(self):
        asked = self.headers.get("Range")
        return int(asked[len("bytes="):].split("-")[0]) if asked else 0

    def part(self, body, headers):
        first = self.first()
        if first == 0:
            return 200, body, headers
        return 206, body[first:], dict(headers, **{"Content-Range": "bytes %d-%d/%d" % (first, len(body) - 1, len(body))})

    def promise(self, status, length, sent, headers):
        """Announces `length` bytes, sends `sent`, and closes."""
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(length))
        self.end_headers()
        self.wfile.write(sent)
        self.wfile.flush()
        self.close_connection = True

    def lie_cut(self, body, headers):
        status, rest, headers = self.part(body, headers)
        half = rest if len(rest) < 1000000 else rest[:len(rest) // 2]
        self.promise(status, len(rest), half, headers)

    def lie_short(self, body, headers):
        status, rest, headers = self.part(body, headers)
        self.promise(status, len(rest), rest[:100] if self.first() == 0 else b"", headers)

    def lie_ignore_range(self, body, headers):
        sent = body if count(self.path) > 1 else body[:len(body) // 2]
        self.promise(200, len(body), sent, headers)

    def lie_wrong_range(self, body, headers):
        if self.first() == 0:
            return self.promise(200, len(body), body[:100], headers)
        return self.plain(206, body[50:], dict(headers, **{"Content-Range": "bytes 50-%d/%d" % (len(body) - 1, len(body))}))

    def lie_endless(self, _body, headers):
        self.send_response(200)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        chunk = b"10000\r\n" + bytes(65536) + b"\r\n"
        try:
            while True:
                self.wfile.write(chunk)
        except OSError:
            self.close_connection = True

    def lie_flip(self, body, headers):
        self.plain(200, bytes([body[0] ^ 1]) + body[1:], headers)

    def lie_html(self, _body, _headers):
        self.plain(200, LOGIN_PAGE, {"Content-Type": "text/html; charset=utf-8"})

    def lie_gone(self, _body, _headers):
        self.plain(404, b"")

    def lie_busy(self, body, headers):
        self.plain(503, b"") if count(self.path) < 3 else self.plain(200, body, headers)

    def lie_limit(self, _body, _headers):
        self.plain(429, b"")

    def lie_wait(self, body, headers):
        self.plain(429, b"", {"Retry-After": "1"}) if count(self.path) == 1 else self.plain(200, body, headers)

    def lie_loop(self, _body, _headers):
        self.plain(302, b"", {"Location": self.path})

    def lie_away(self, _body, _headers):
        self.plain(302, b"", {"Location": "http://localhost:%d/busy/tool" % PORT})

    def lie_silent(self, _body, _headers):
        self.close_connection = True

    def lie_stall(self, body, headers):
        self.promise(200, len(body), body[:len(body) // 2], headers)
        time.sleep(5)


http.server.ThreadingHTTPServer(("127.0.0.1", PORT), Handler).serve_forever()

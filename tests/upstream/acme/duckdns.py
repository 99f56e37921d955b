"""duckdns.py PORT TLS_FOLDER MANAGEMENT LOG: a stand-in for duckdns.org's one call, GET /update.

Answers OK or KO, and lets pebble-challtestsrv (its management at 127.0.0.1:MANAGEMENT) serve what was set. As there, a name has one TXT
record. What was asked is a line of LOG, without the token. The owner of $RC_ACME_TOKEN has "lab" and "lost"; of "lost" records get lost, and
"login" is answered by another network.
"""
import http.server
import json
import os
import ssl
import sys
import urllib.parse
import urllib.request

PORT, TLS, MANAGEMENT, LOG = int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4]
TOKEN = os.environ["RC_ACME_TOKEN"]


def manage(call, **what):
    request = urllib.request.Request(f"http://127.0.0.1:{MANAGEMENT}/{call}", json.dumps(what).encode())
    urllib.request.urlopen(request, timeout=5).read()


def set_text(name, value):
    host = f"_acme-challenge.{name}.duckdns.org."
    manage("clear-txt", host=host)
    if value and name != "lost":
        manage("set-txt", host=host, value=value)


def set_address(name, address, kind):
    host = f"{name}.duckdns.org."
    manage(f"clear-{kind}", host=host)
    manage(f"add-{kind}", host=host, addresses=[address])


def update(asked):
    name = asked.get("domains", "")
    if name == "login":
        return "<html>please log in</html>", "login"
    if asked.get("token") != TOKEN or name not in ("lab", "lost"):
        return "KO", f"{name} refused"
    if "txt" in asked:
        value = "" if asked.get("clear") == "true" else asked["txt"]
        set_text(name, value)
        return "OK", f"{name} txt {value}".rstrip()
    if "ip" in asked or "ipv6" in asked:
        kind = "a" if "ip" in asked else "aaaa"
        set_address(name, asked.get("ip") or asked["ipv6"], kind)
        return "OK", f"{name} {kind} {asked.get('ip') or asked['ipv6']}"
    return "OK", f"{name} has the caller's address now"


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        url = urllib.parse.urlsplit(self.path)
        if url.path != "/update":
            return self.send_error(404)
        answer, line = update(dict(urllib.parse.parse_qsl(url.query, keep_blank_values=True)))
        with open(LOG, "a") as file:
            file.write(line + "\n")
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer.encode())

    def log_message(self, *_):
        pass


context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(TLS + "/server.crt", TLS + "/server.key")
server = http.server.ThreadingHTTPServer(("127.0.0.1", PORT), Handler)
server.socket = context.wrap_socket(server.socket, server_side=True)
server.serve_forever()

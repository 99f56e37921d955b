"""token_server.py PORT TLS_FOLDER USER PASSWORD: a stand-in for a registry's token server (distribution's token authentication).

GET with a password or without, POST with a refresh token. Everybody may pull what begins with "lab/", except "lab/private", which
wants the login. Tokens are JWTs signed with openssl.
"""
import base64
import http.server
import json
import ssl
import subprocess
import sys
import time
import urllib.parse

PORT, TLS, USER, PASSWORD = int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4]
REFRESH_TOKEN = "refresh-me"


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def certificate():
    with open(TLS + "/token.crt") as file:
        return base64.b64encode(ssl.PEM_cert_to_DER_cert(file.read())).decode()


def sign(claims):
    header = {"typ": "JWT", "alg": "RS256", "x5c": [certificate()]}
    text = b".".join(base64url(json.dumps(part).encode()) for part in (header, claims))
    command = ["openssl", "dgst", "-sha256", "-sign", TLS + "/token.key"]
    signature = subprocess.run(command, input=text, stdout=subprocess.PIPE, check=True).stdout
    return (text + b"." + base64url(signature)).decode()


def access(scope, known):
    kind, name, actions = scope.split(":")
    allowed = name.startswith("lab/") and (known or name != "lab/private")
    return [{"type": kind, "name": name, "actions": actions.split(",")}] if allowed else []


def token(scope, service, known):
    now = int(time.time())
    claims = {"iss": "lab-tokens", "sub": USER if known else "", "aud": service, "exp": now + 300, "nbf": now - 10, "iat": now, "jti": str(now)}
    claims["access"] = access(scope, known) if scope else []
    return sign(claims)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, status, document):
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def grant(self, fields, known, name):
        signed = token(fields.get("scope", [""])[0], fields.get("service", [""])[0], known)
        self.answer(200, {name: signed, "expires_in": 300})

    def do_GET(self):
        fields = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query)
        login = self.headers.get("Authorization")
        expected = "Basic " + base64.b64encode((USER + ":" + PASSWORD).encode()).decode()
        if login is not None and login != expected:
            return self.answer(401, {"details": "incorrect username or password"})
        return self.grant(fields, login is not None, "token")

    def do_POST(self):
        fields = urllib.parse.parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        if fields.get("grant_type") != ["refresh_token"] or fields.get("refresh_token") != [REFRESH_TOKEN]:
            return self.answer(401, {"details": "unknown refresh token"})
        return self.grant(fields, True, "access_token")


context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(TLS + "/server.crt", TLS + "/server.key")
server = http.server.ThreadingHTTPServer(("127.0.0.1", PORT), Handler)
server.socket = context.wrap_socket(server.socket, server_side=True)
server.serve_forever()

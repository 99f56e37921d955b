#!/usr/bin/env python3
"""Opens a page in the distribution's Chromium, by its chromedriver (W3C WebDriver over loopback), and says what a person would see.

  browser.py URL SCREENSHOT [DARK_OR_LIGHT [WIDTH]]    prints one JSON object:
    error      what the driver says of the navigation; nothing of a warning about a certificate, which is a page to it
    secure     window.isSecureContext
    title      document.title
    address    where the browser ended
    elsewhere  what the page loaded from other origins
    text       what can be read on the page, or on the warning instead of it
"""
import base64
import json
import subprocess
import sys
import time
import urllib.error
import urllib.request

PORT = 9515
ARGUMENTS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking",
             "--disable-component-update", "--disable-sync", "--no-first-run", "--no-pings", "--disable-domain-reliability"]
LOOK = """
const own = location.origin;
return {secure: window.isSecureContext, title: document.title, address: location.href, text: document.body.innerText,
        elsewhere: performance.getEntriesByType("resource").map((entry) => entry.name).filter((name) => new URL(name).origin !== own)};
"""


def ask(method, path, body=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"http://127.0.0.1:{PORT}{path}", data=data, method=method,
                                     headers={"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=120) as reply:
            return json.load(reply)["value"]
    except urllib.error.HTTPError as fault:
        value = json.load(fault)["value"]
        raise RuntimeError((value["error"] + ": " + value["message"]).splitlines()[0]) from None


def driver():
    process = subprocess.Popen(["chromedriver", f"--port={PORT}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for _ in range(150):
        try:
            if ask("GET", "/status")["ready"]:
                return process
        except OSError:
            time.sleep(0.2)
    process.kill()
    raise RuntimeError("chromedriver did not answer within 30 s")


def look(url, screenshot, scheme, width):
    arguments = ARGUMENTS + [f"--window-size={width},900"] + (["--force-dark-mode"] if scheme == "dark" else [])
    options = {"args": arguments, "binary": "/usr/bin/chromium"}
    session = "/session/" + ask("POST", "/session", {"capabilities": {"alwaysMatch": {"goog:chromeOptions": options}}})["sessionId"]
    seen = {"error": ""}
    try:
        ask("POST", session + "/url", {"url": url})
    except RuntimeError as fault:
        seen["error"] = str(fault)
    try:
        time.sleep(2)  # the health is fetched after the page is there
        seen.update(ask("POST", session + "/execute/sync", {"script": LOOK, "args": []}))  # of the warning, where that came instead
        with open(screenshot, "wb") as picture:
            picture.write(base64.b64decode(ask("GET", session + "/screenshot")))
    finally:
        ask("DELETE", session)
    return seen


def main():
    url, screenshot = sys.argv[1], sys.argv[2]
    scheme = sys.argv[3] if len(sys.argv) > 3 else "light"
    width = sys.argv[4] if len(sys.argv) > 4 else "1100"
    process = driver()
    try:
        print(json.dumps(look(url, screenshot, scheme, width)))
    finally:
        process.terminate()
        process.wait()


if __name__ == "__main__":
    main()

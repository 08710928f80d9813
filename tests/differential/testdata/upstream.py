"""A WSGI application that reads paths in the ways programs there do. It writes a report of each request."""

import json
import os
import posixpath
import re
from urllib.parse import unquote

watched = set(os.environ["WATCHED"].split(","))


def fold(name):
    return re.sub("[^a-z0-9]", "-", name.lower())


def area(path):
    if path == "/health":
        return "health"
    if path == "/assets" or path.startswith("/assets/"):
        return "assets"
    if path == "/orders" or path.startswith("/orders/"):
        return "orders"
    if path == "/admin" or path.startswith("/admin/"):
        return "admin"
    return "other"


def app(environ, start_response):
    stream = environ["wsgi.input"]
    while stream.read(8192):
        pass
    info = environ.get("PATH_INFO", "")
    raw = environ.get("RAW_URI", "").split("?")[0]
    method = environ["REQUEST_METHOD"]
    text = info.encode("latin-1").decode("utf-8", "replace")  # as frameworks do (PEP 3333)
    header = [[k[5:], v] for k, v in environ.items() if k.startswith("HTTP_") and fold(k[5:]) in watched]
    header += [[k, environ[k]] for k in ("REMOTE_USER", "AUTH_TYPE") if k in environ]
    report = {
        "mark": environ.get("HTTP_X_MARK", ""),
        "target": environ.get("RAW_URI", "")[:200],
        "reads": [
            {"by": "PATH_INFO", "method": method, "area": area(info)},
            {"by": "text", "method": method, "area": area(text)},
            {"by": "merged slashes", "method": method, "area": area(re.sub("/{2,}", "/", text))},
            {"by": "normpath", "method": method, "area": area(posixpath.normpath(text))},
            {"by": "casefold", "method": method.upper(), "area": area(text.casefold())},
            {"by": "RAW_URI", "method": method, "area": area(unquote(raw))},
        ],
        "header": header,
    }
    os.write(1, (json.dumps(report) + "\n").encode())
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "2")])
    return [b"ok"]

"""A relying party on idpy-oidc: it finds the provider of whoever is typed in, registers itself there,
signs the person in, and shows what it learnt. What it needs to know comes as JSON on the command line."""

import html
import json
import logging
import sys
import traceback
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

from cryptojwt.key_jar import init_key_jar
from idpyoidc.client.rp_handler import RPHandler

CLIENT = "idpyoidc.client.oidc."
SERVICES = {
    "webfinger": {"class": CLIENT + "webfinger.WebFinger"},
    "discovery": {"class": CLIENT + "provider_info_discovery.ProviderInfoDiscovery"},
    "registration": {"class": CLIENT + "registration.Registration"},
    "authorization": {"class": CLIENT + "authorization.Authorization"},
    "accesstoken": {"class": CLIENT + "access_token.AccessToken"},
    "refresh_token": {"class": CLIENT + "refresh_access_token.RefreshAccessToken"},
    "userinfo": {"class": CLIENT + "userinfo.UserInfo"},
    "introspection": {"class": "idpyoidc.client.oauth2.introspection.Introspection"},
    "end_session": {"class": CLIENT + "end_session.EndSession"},
}
SCOPES = ["openid", "profile", "email", "address", "phone", "offline_access"]
PKCE = {"function": "idpyoidc.client.oauth2.add_on.pkce.add_support",
        "kwargs": {"code_challenge_length": 64, "code_challenge_method": "S256"}}
KEYS = [{"type": "RSA", "use": ["sig"]}, {"type": "EC", "crv": "P-256", "use": ["sig"]}]


def relying_party(base, authority, method, pkce):
    """An RPHandler that lives at base and trusts the certificates of the file authority alone."""
    client = {
        "client_type": "oidc",
        "redirect_uris": [base + "/authz_cb"],
        "contacts": ["ops@example.com"],
        "application_type": "web",
        "response_types_supported": ["code"],
        "scopes_supported": SCOPES,
        "token_endpoint_auth_methods_supported": [method],
        "client_authn_methods": ["client_secret_basic", "client_secret_post", "client_secret_jwt", "private_key_jwt", "bearer_header"],
        "request_args": {"prompt": "consent"},
        "services": SERVICES,
    }
    if pkce:
        client["add_ons"] = {"pkce": PKCE}
    return RPHandler(base_url=base, client_configs={"": client}, services=SERVICES, keyjar=init_key_jar(key_defs=KEYS),
                     httpc_params={"verify": authority, "timeout": 20}, jwks_path="static/jwks.json")


class Pages(BaseHTTPRequestHandler):
    """The application: / asks who, /rp sends the browser away, /authz_cb is where it comes back."""

    rp = None

    def do_GET(self):
        url = urlsplit(self.path)
        query = dict(parse_qsl(url.query))
        try:
            if url.path == "/":
                self.page("Who are you?", '<form action="/rp"><input id="who" name="who"><button>Go</button></form>')
            elif url.path == "/rp":
                self.leave(self.begin(query["who"]))
            elif url.path == "/authz_cb":
                self.result(self.sign_in(query))
            elif url.path == "/refresh":
                self.result(self.refresh(query["state"]))
            elif url.path == "/static/jwks.json":
                self.answer("application/json", self.rp.keyjar.export_jwks_as_json())
            else:
                self.send_error(404)
        except Exception:
            self.result({"error": traceback.format_exc()})

    def begin(self, who):
        """Finds the provider, registers there, and returns where to send the browser."""
        client = self.rp.client_setup(user=who)
        # The library forgets its own name after a registration, and would sign assertions of nobody.
        client.client_id = client.get_client_id()
        return client.init_authorization()

    def sign_in(self, response):
        """What the library makes of an authorization response: tokens, userinfo, and the registration before."""
        state = response["state"]
        done = self.rp.finalize(self.rp.state2issuer(state), response)
        if "error" in done:
            return {"error": done["error"]}
        client = self.rp.get_client_from_session_key(state)
        return {
            "state": state,
            "issuer": client.get_context().issuer,
            "registered": client.get_context().registration_response.to_dict(),
            "id_token": done["id_token"].to_dict(),
            "userinfo": done["userinfo"].to_dict(),
            "introspected": self.introspect(client, done["token"]),
        }

    def refresh(self, state):
        """New tokens for the session: their claims, and whether the old and the new one live."""
        client = self.rp.get_client_from_session_key(state)
        old = client.get_context().cstate.get(state)["access_token"]
        tokens = self.rp.refresh_access_token(state)
        info = self.rp.get_user_info(state, access_token=tokens["access_token"])
        return {
            "new": tokens["access_token"] != old,
            "scope": tokens.get("scope"),
            "userinfo": info.to_dict(),
            "introspected": self.introspect(client, tokens["access_token"]),
        }

    @staticmethod
    def introspect(client, token):
        """What the provider says of a token; the client authenticates as it does for tokens."""
        method = client.get_context().get_usage("token_endpoint_auth_method")
        told = client.do_request("introspection", request_args={"token": token}, authn_method=method, algorithm="RS256")
        return told.to_dict()

    def leave(self, location):
        self.send_response(303)
        self.send_header("Location", location)
        self.end_headers()

    def page(self, title, body):
        self.answer("text/html; charset=utf-8", f'<!doctype html><html lang="en"><title>{title}</title>{body}')

    def result(self, result):
        shown = html.escape(json.dumps(result, default=str))
        self.page("Result", f'<pre id="result">{shown}</pre>')

    def answer(self, content_type, text):
        body = text.encode()
        self.send_response(200)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def main():
    settings = json.loads(sys.argv[1])
    logging.basicConfig(level=logging.WARNING)
    Pages.rp = relying_party(settings["base"], settings["authority"], settings["method"], settings["pkce"])
    ThreadingHTTPServer(("127.0.0.1", settings["port"]), Pages).serve_forever()


if __name__ == "__main__":
    main()

"""An OpenID Connect provider for tests: Canaille with everything that it knows in memory.

`provider.py PORT FILE` serves on 127.0.0.1:PORT until it is killed. Canaille does all of the protocol; this file fills its store with
what FILE says, as JSON:

    {"people": [{"subject": "..", "name": "..", "password": ".."}],
     "clients": [{"id": "..", "secret": "..", "redirect_uris": [".."], "audience": ["another client's id"]}],
     "tokens_made_ago": 0}

The key that signs tokens is kept in FILE.key. Where that file is missing, another key is drawn.
"""

import datetime
import json
import pathlib
import sys

from canaille import create_app
from canaille.app import models
from canaille.backends import Backend
from canaille.oidc import provider
from joserfc.jwk import RSAKey
from werkzeug.serving import make_server


def now():
    return datetime.datetime.now(datetime.timezone.utc)


def signing_key(file):
    if not file.exists():
        key = RSAKey.generate_key(2048, auto_kid=True).as_dict(private=True)
        file.write_text(json.dumps(key))
    return json.loads(file.read_text())


def add_people(people):
    for person in people:
        user = models.User(
            user_name=person["subject"],
            # The claim `preferred_username`.
            display_name=person["name"],
            formatted_name=person["name"],
            family_name=person["name"],
            emails=[f"{person['subject']}@example.com"],
            password=person["password"],
        )
        Backend.instance.save(user)


def add_clients(clients):
    known = {}
    for client in clients:
        known[client["id"]] = models.Client(
            client_id=client["id"],
            client_secret=client["secret"],
            client_name=client["id"],
            # Clients of this machine are trusted: nobody is asked whether they may know a name.
            client_uri="http://127.0.0.1",
            client_id_issued_at=now(),
            redirect_uris=client["redirect_uris"],
            grant_types=["authorization_code"],
            response_types=["code"],
            scope=["openid", "profile"],
            token_endpoint_auth_method="client_secret_basic",
            id_token_signed_response_alg="RS256",
        )
        Backend.instance.save(known[client["id"]])
    for client in clients:
        known[client["id"]].audience = [known[name] for name in client["audience"]]
        Backend.instance.save(known[client["id"]])


def look_codes_up_by_themselves():
    """Canaille asks its store for a code of a client, and the store in memory answers what has that code *or* that client. So with
    codes around that nobody exchanged, it might take one of them for the code that was sent."""

    def query(self, code, client):
        found = Backend.instance.query(models.AuthorizationCode, code=code)
        mine = [item for item in found if item.client.client_id == client.client_id and not item.is_expired()]
        return mine[0] if mine else None

    provider.AuthorizationCodeGrant.query_authorization_code = query


def make_tokens_ago(seconds):
    """ID tokens say that they were made so long ago; they are valid for an hour."""
    claims_of = provider.OIDCGrantMixin.get_client_claims

    def claims(self, client):
        made = int(now().timestamp()) - seconds
        return {**claims_of(self, client), "iat": made, "exp": made + 3600}

    provider.OIDCGrantMixin.get_client_claims = claims


def main():
    port, file = int(sys.argv[1]), pathlib.Path(sys.argv[2])
    known = json.loads(file.read_text())
    look_codes_up_by_themselves()
    if known["tokens_made_ago"]:
        make_tokens_ago(known["tokens_made_ago"])
    app = create_app(
        {
            "SECRET_KEY": "of a test",
            "SERVER_NAME": f"127.0.0.1:{port}",
            "PREFERRED_URL_SCHEME": "http",
            "CANAILLE": {"DATABASE": "memory"},
            "CANAILLE_OIDC": {"ACTIVE_JWKS": [signing_key(file.with_suffix(".key"))]},
        }
    )
    with app.app_context():
        add_people(known["people"])
        add_clients(known["clients"])
    make_server("127.0.0.1", port, app, threaded=True).serve_forever()


main()

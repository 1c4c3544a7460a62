#!/usr/bin/env python3
"""Writes a small bank through the public API of the build at hand and dumps it: the bank of an earlier build, for the
test of upgrades. Run it with the binaries of the build that is about to become an earlier one:

    target/debug/dev bank -- testkit/data/banks/write-bank.py testkit/data/banks/<date>

The folder then holds a dump of each database, the keys (made for this bank only, useless elsewhere), the answers
that replays must repeat byte for byte, and what must still be true."""
import base64, json, os, re, shutil, subprocess, sys, time, urllib.request, urllib.error, uuid
from urllib.parse import quote

out = sys.argv[1]
env = os.environ
C, Q, MAIL = env["JANGBU_COMMAND_URL"], env["JANGBU_QUERY_URL"], env["JANGBU_MAIL_URL"]
programs = os.path.dirname(os.path.realpath(f"/proc/{os.getppid()}/exe"))
answers = []


def password(name):
    return f"Wing-{name[::-1]}-7!x"


def token(*args):
    return subprocess.run([f"{programs}/jangbu", "token", *args], check=True, capture_output=True, text=True).stdout.strip()


def call(method, base, path, body=None, bearer=None, key=None, headers=None):
    headers = dict(headers or {})
    if bearer:
        headers["Authorization"] = f"Bearer {bearer}"
    if key:
        headers["Idempotency-Key"] = key
    data = None
    if body is not None:
        headers["Content-Type"] = "application/json"
        data = json.dumps(body).encode()
    request = urllib.request.Request(base + path, data=data, method=method, headers=headers)
    try:
        with urllib.request.urlopen(request) as response:
            return response.status, response.read().decode(), response.headers
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode(), error.headers


def command(who, path, body, expected, method="POST", keep=True):
    """A command whose answer a replay must repeat. `who` is ("operator"|"service"|"member", id)."""
    role, subject = who
    bearer = token("--member", subject) if role == "member" else token("--role", role)
    key = str(uuid.uuid4())
    status, text, _ = call(method, C, path, body, bearer, key)
    assert status == expected, (path, status, text)
    if keep:
        claims = bearer.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
        answers.append({"role": role, "subject": claims["sub"], "method": method, "path": path, "key": key,
                        "body": body, "status": status, "answer": text})
    return json.loads(text) if text else None


def code_for(contact, after=0):
    for _ in range(200):
        status, text, _ = call("GET", MAIL, f"/messages?to={quote(contact)}")
        items = json.loads(text)["items"]
        if len(items) > after:
            return re.search(r"\b\d{6}\b", items[0]["text"]).group(0)
        time.sleep(0.1)
    raise SystemExit(f"no message to {contact}")


def sign_up(name, contact, channel="email", verify=True):
    body = {"login_id": name, "password": password(name), "contact": {"channel": channel, "value": contact},
            "real_name": f"{name.title()} 카나리아", "consents": [{"document": "terms", "version": "1", "agreed": True},
                                                          {"document": "privacy", "version": "1", "agreed": True}]}
    status, text, _ = call("POST", C, "/v1/signups", body, key=str(uuid.uuid4()))
    assert status == 202, (status, text)
    sign_up_id = json.loads(text)["signup_id"]
    code = code_for(contact)
    if not verify:
        return sign_up_id, code
    status, text, _ = call("POST", C, f"/v1/signups/{sign_up_id}/verify", {"code": code}, key=str(uuid.uuid4()))
    assert status == 201, (status, text)
    return json.loads(text)["member_id"]


def log_in(name):
    status, text, _ = call("POST", C, "/v1/sessions", {"login_id": name, "password": password(name)}, key=str(uuid.uuid4()))
    assert status == 201, (status, text)
    return json.loads(text)


OPERATOR, SERVICE = ("operator", None), ("service", None)
money = lambda amount, asset="KRW": {"asset": asset, "amount": str(amount)}

anna = sign_up("anna_alt", "anna.alt@example.com")
boram = sign_up("boram_alt", "+821012345678", "phone")
chris = sign_up("chris_alt", "chris.alt@example.com")
sessions = {name: log_in(name) for name in ["anna_alt", "boram_alt", "chris_alt"]}
people = {name: ("member", subject) for name, subject in [("anna", anna), ("boram", boram), ("chris", chris)]}

a = command(people["anna"], "/v1/accounts", {"asset": "KRW"}, 201)
b = command(people["boram"], "/v1/accounts", {"asset": "KRW"}, 201)
usd = command(people["anna"], "/v1/accounts", {"asset": "USD"}, 201)
c = command(people["chris"], "/v1/accounts", {"asset": "KRW"}, 201)
closed = command(people["boram"], "/v1/accounts", {"asset": "KRW"}, 201)
frozen = command(people["boram"], "/v1/accounts", {"asset": "KRW"}, 201)

command(SERVICE, "/v1/deposits", {"account_id": a["account_id"], "money": money(100_000), "reference": "pay day"}, 201)
command(SERVICE, "/v1/deposits", {"account_id": usd["account_id"], "money": money(2_500, "USD"), "reference": "gift"}, 201)
command(SERVICE, "/v1/deposits", {"account_id": frozen["account_id"], "money": money(700), "reference": "coins"}, 201)
command(SERVICE, "/v1/withdrawals", {"account_id": a["account_id"], "money": money(10_000), "reference": "cash"}, 201)
rent = command(people["anna"], "/v1/transfers",
               {"source": a["account_id"], "destination": b["account_number"], "money": money(30_000), "memo": "rent 월세"}, 201)
dinner = command(people["anna"], "/v1/transfers",
                 {"source": a["account_id"], "destination": c["account_id"], "money": money(5_000)}, 201)
command(people["boram"], "/v1/transfers",
        {"source": b["account_id"], "destination": a["account_number"], "money": money(9_000_000), "memo": "too much"}, 422)
command(OPERATOR, f"/v1/transfers/{dinner['transfer_id']}/reverse", {"reason": "wrong person"}, 201)
command(OPERATOR, f"/v1/transfers/{dinner['transfer_id']}/reverse", {"reason": "again"}, 422)
command(OPERATOR, f"/v1/accounts/{frozen['account_id']}/freeze", {"reason": "a report"}, 200)
command(people["boram"], f"/v1/accounts/{closed['account_id']}/close", {"reason": "not needed"}, 200)
order = lambda amount: {"source": a["account_id"], "destination": b["account_id"], "money": money(amount)}
command(SERVICE, "/v1/transfers/batch", {"atomic": False, "transfers": [order(10), order(99_999_999), order(20)]}, 200)
command(SERVICE, "/v1/transfers/batch", {"atomic": True, "transfers": [order(10), order(99_999_999)]}, 200)

# Chris leaves: an erasure that is done, with its certificate.
command(people["chris"], f"/v1/accounts/{c['account_id']}/close", {}, 200)
status, text, _ = call("DELETE", C, "/v1/members/me", {"password": password("chris_alt")},
                       sessions["chris_alt"]["access_token"], str(uuid.uuid4()))
assert status == 202, (status, text)
erasure = json.loads(text)["erasure_id"]
for _ in range(300):
    status, text, _ = call("GET", C, f"/v1/erasures/{erasure}", bearer=token("--role", "operator"))
    if status == 200 and json.loads(text).get("erased_at"):
        break
    time.sleep(0.1)
else:
    raise SystemExit(f"no certificate: {status} {text}")

# A sign-up and a change of contact whose codes are still to come back.
pending, pending_code = sign_up("dora_alt", "dora.alt@example.com", verify=False)
status, text, _ = call("POST", C, "/v1/members/me/contact", {"channel": "email", "value": "boram.new@example.com"},
                       sessions["boram_alt"]["access_token"], str(uuid.uuid4()))
assert status == 202, (status, text)
contact_code = code_for("boram.new@example.com")

# A retired generation, as a rebuild leaves one; then level.
jangbu = lambda *args: subprocess.run([f"{programs}/jangbu", *args], check=True, stdout=subprocess.DEVNULL)
jangbu("views", "rebuild", "accounts", "--reason", "a generation to roll back to")
jangbu("log", "verify")

balances = {}
for account in (a, b, usd, c, closed, frozen):
    status, text, _ = call("GET", Q, f"/v1/accounts/{account['account_id']}", bearer=token("--role", "operator"))
    assert status == 200, (status, text)
    kept = json.loads(text)
    balances[account["account_id"]] = {name: kept[name] for name in ("balance", "status", "version", "account_number", "owner")}

os.makedirs(out, exist_ok=True)
for name in ("log", "views", "vault"):
    with open(f"{out}/{name}.sql", "w") as file:
        subprocess.run(["pg_dump", "--dbname", env[f"JANGBU_{name.upper()}_DATABASE_URL"]], check=True, stdout=file)
    # What belongs to the database itself is not in its dump: who may connect, and the settings of roles in it.
    statements = """
        select format('alter role %I in database @DATABASE@ set %s = %L;', r.rolname, split_part(c, '=', 1),
                      substr(c, strpos(c, '=') + 1))
        from pg_db_role_setting as s join pg_roles as r on r.oid = s.setrole join pg_database as d on d.oid = s.setdatabase,
             unnest(s.setconfig) as c where d.datname = current_database()
        union all select 'revoke all on database @DATABASE@ from public;' from pg_database
        where datname = current_database() and datacl is not null
        union all select format('grant %s on database @DATABASE@ to %I;', a.privilege_type, r.rolname)
        from pg_database as d, aclexplode(d.datacl) as a join pg_roles as r on r.oid = a.grantee
        where d.datname = current_database()"""
    with open(f"{out}/{name}.rights.sql", "w") as file:
        subprocess.run(["psql", "-AtXq", "-c", statements, env[f"JANGBU_{name.upper()}_DATABASE_URL"]], check=True, stdout=file)
shutil.copytree(os.path.dirname(env["JANGBU_SIGNING_KEY_FILE"]), f"{out}/keys", dirs_exist_ok=True)
with open(f"{out}/bank.json", "w") as file:
    json.dump({"answers": answers, "accounts": balances,
               "members": {"anna": anna, "boram": boram, "chris": chris},
               "passwords": {"anna_alt": password("anna_alt"), "boram_alt": password("boram_alt"), "chris_alt": password("chris_alt")},
               "refresh_tokens": {name: s["refresh_token"] for name, s in sessions.items()},
               "erasure": erasure, "erased_login": "chris_alt",
               "pending_sign_up": {"id": pending, "login_id": "dora_alt", "password": password("dora_alt"), "code": pending_code},
               "pending_contact": {"login_id": "boram_alt", "code": contact_code}},
              file, indent=1, ensure_ascii=False)
print(f"written to {out}")

#!/usr/bin/env python3
"""Writes a small bank through the public API of the build at hand and dumps it: the bank of an earlier build, for the
test of upgrades. Run it with the binaries of the build that is about to become an earlier one, all of them in one folder:

    target/debug/dev bank -- testkit/data/banks/write-bank.py testkit/data/banks/<date>

The folder then holds a dump of each database, the keys (made for this bank only, useless elsewhere), the answers
that replays must repeat byte for byte, and what must still be true. What a build cannot do yet is left out.

The folder is there once everything is written; until then it has the ending `.partial`."""
import base64, glob, json, os, re, shutil, subprocess, sys, time, urllib.request, urllib.error, uuid
from urllib.parse import quote

if len(sys.argv) != 2 or "JANGBU_COMMAND_URL" not in os.environ:
    raise SystemExit(__doc__)
target = os.path.abspath(sys.argv[1])
if os.path.exists(target):
    raise SystemExit(f"{target} is there already: a bank that was written is never changed")
out = f"{target}.partial"
env = os.environ
C, Q, MAIL = env["JANGBU_COMMAND_URL"], env["JANGBU_QUERY_URL"], env["JANGBU_MAIL_URL"]
programs = os.path.dirname(os.path.realpath(f"/proc/{os.getppid()}/exe"))
if not os.access(f"{programs}/jangbu", os.X_OK):
    raise SystemExit(f"there is no jangbu in {programs}: build the whole workspace, and run this by its `dev bank`")
answers = []


def of_postgres(name):
    """A program of Postgres: in the path, or where Debian keeps those of each version."""
    newest_first = sorted(glob.glob(f"/usr/lib/postgresql/*/bin/{name}"), key=lambda path: -int(path.split("/")[4]))
    found = [path for path in [shutil.which(name), *newest_first] if path]
    if not found:
        raise SystemExit(f"there is no {name}: it comes with the Postgres server's packages")
    return found[0]


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
        with urllib.request.urlopen(request, timeout=60) as response:
            return response.status, response.read().decode(), response.headers
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode(), error.headers


def command(who, path, body, expected, method="POST", keep=True):
    """A command whose answer a replay must repeat. `who` is ("operator"|"service"|"member", id)."""
    role, subject = who
    bearer = token("--member", subject) if role == "member" else token("--role", role)
    key = str(uuid.uuid4())
    for _ in range(30):
        status, text, headers = call(method, C, path, body, bearer, key)
        # Not now, or the first try is still on its way: the same key asks again.
        if status not in (429, 503) and not (status == 409 and "idempotency-key-in-flight" in text):
            break
        time.sleep(1)
    if status != expected:
        raise SystemExit(f"{method} {path} {json.dumps(body)}: {status} instead of {expected}: {text}")
    if keep:
        claims = bearer.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
        answers.append({"role": role, "subject": claims["sub"], "method": method, "path": path, "key": key,
                        "body": body, "status": status, "answer": text})
    return json.loads(text) if text else None


def code_for(contact, after=0):
    for _ in range(600):
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


def read(path):
    """What an operator reads, once every view has what was written."""
    status, text, _ = call("GET", Q, path, bearer=token("--role", "operator"))
    if status != 200:
        raise SystemExit(f"GET {path}: {status}: {text}")
    return json.loads(text)


def wait_until_level():
    """Where the log ends, once every view is there."""
    for _ in range(600):
        views = read("/v1/views")
        if views and all(view["position"] == view["head"] and not view["error"] for view in views):
            return views[0]["head"]
        time.sleep(0.2)
    raise SystemExit(f"the views are not level with the log: {views}")


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

# What later builds can do.
status, text, _ = call("GET", C, "/openapi.json")
assert status == 200, (status, text)
can = json.loads(text)["paths"].keys()
later = {}
reads = []
shown = [a, b, usd, c, closed, frozen]


def shows(*paths):
    """What an operator reads there is kept: a later build shows it too."""
    reads.extend(paths)


def write_compound():
    """Payments in two assets as one transfer; one of two is reversed."""
    dollars = command(people["boram"], "/v1/accounts", {"asset": "USD"}, 201)
    shown.append(dollars)
    body = {"postings": [{"source": a["account_id"], "destination": b["account_number"], "money": money(1_000)},
                         {"source": usd["account_id"], "destination": dollars["account_id"], "money": money(250, "USD")}],
            "memo": "trip 여행", "reference": "trip 1"}
    stays = command(people["anna"], "/v1/transfers/compound", body, 201)
    goes = command(people["anna"], "/v1/transfers/compound", {**body, "reference": "trip 2"}, 201)
    undone = command(OPERATOR, f"/v1/transfers/{goes['transfer_id']}/reverse", {"reason": "booked twice"}, 201)
    short = {"postings": [{**body["postings"][0], "money": money(1)}, {**body["postings"][1], "money": money(9_999_999, "USD")}]}
    command(people["anna"], "/v1/transfers/compound", short, 422)
    shows(*(f"/v1/transfers/{one['transfer_id']}" for one in (stays, goes, undone)))


def write_holds():
    """A hold that is active, increased, and captured twice in part; one captured to its end; one released; one refused."""
    hold = {"source": a["account_id"], "destination": b["account_number"]}
    # The longest that there is: it is still active when the test sets the clock of the log to this day.
    active = {**hold, "money": money(5_000), "expires_in": 2_592_000, "memo": "hotel", "reference": "booking 118"}
    active = command(people["anna"], "/v1/holds", active, 201)["hold_id"]
    command(people["anna"], f"/v1/holds/{active}/increase", {"money": money(500)}, 200)
    night = lambda units, name: {"money": money(units), "final": False, "reference": name}
    first = command(people["boram"], f"/v1/holds/{active}/capture", night(1_200, "night 1"), 201)
    second = command(SERVICE, f"/v1/holds/{active}/capture", night(800, "night 2"), 201)
    command(people["boram"], f"/v1/holds/{active}/capture", {"money": money(9_999_999)}, 422)
    captured = command(people["anna"], "/v1/holds", {**hold, "money": money(300), "expires_in": 2_592_000}, 201)["hold_id"]
    last = command(people["boram"], f"/v1/holds/{captured}/capture", {}, 201)
    released = command(SERVICE, "/v1/holds", {**hold, "money": money(700), "reference": "order 7"}, 201)["hold_id"]
    command(SERVICE, f"/v1/holds/{released}/release", {"money": money(200), "reason": "one is missing"}, 200)
    command(SERVICE, f"/v1/holds/{released}/release", {"reason": "sold out"}, 200)
    command(SERVICE, f"/v1/holds/{released}/release", {}, 422)
    command(people["anna"], "/v1/holds", {**hold, "money": money(9_000_000)}, 422)
    shows(*(f"/v1/holds/{one}" for one in (active, captured, released)))
    shows(*(f"/v1/transfers/{one['transfer_id']}" for one in (first, second, last)))
    later["active_hold"] = active


def write_exchange():
    """A rate that still counts, an exchange, and a quote that nobody used."""
    rate = {"rate": "1350.25", "spread_bps": 50, "valid_for": 2_592_000}
    command(SERVICE, "/v1/rates/USD/KRW", rate, 200, method="PUT")
    command(OPERATOR, "/v1/rates/KRW/USD", {"rate": "0.00074", "valid_for": 60}, 200, method="PUT")
    pair = {"source": usd["account_id"], "destination": a["account_id"]}
    used = command(people["anna"], "/v1/exchanges/quotes", {**pair, "pay": "1000"}, 201)["quote_id"]
    done = command(people["anna"], "/v1/exchanges", {"quote_id": used}, 201)
    command(people["anna"], "/v1/exchanges", {"quote_id": used}, 422)
    unused = command(people["anna"], "/v1/exchanges/quotes", {**pair, "receive": "10000"}, 201)["quote_id"]
    shows(f"/v1/transfers/{done['transfer_id']}")
    later["quotes"] = {"used": used, "unused": unused}


def write_freeze():
    """An account that nothing goes out of, and a reversal that passes the freeze."""
    debits = command(people["boram"], "/v1/accounts", {"asset": "KRW"}, 201)
    shown.append(debits)
    deposit = lambda units, name: {"account_id": debits["account_id"], "money": money(units), "reference": name}
    command(SERVICE, "/v1/deposits", {**deposit(900, "wages"), "unique_reference": True}, 201)
    wrong = command(SERVICE, "/v1/deposits", deposit(100, "a mistake"), 201)
    freeze = {"reason": "a dispute", "scope": "debits"}
    command(OPERATOR, f"/v1/accounts/{debits['account_id']}/freeze", freeze, 200)
    command(SERVICE, "/v1/deposits", deposit(50, "still goes in"), 201)
    out_of_it = {"source": debits["account_id"], "destination": a["account_id"], "money": money(1)}
    command(people["boram"], "/v1/transfers", out_of_it, 422)
    undone = command(OPERATOR, f"/v1/transfers/{wrong['transfer_id']}/reverse", {"reason": "a mistake"}, 201)
    shows(*(f"/v1/transfers/{one['transfer_id']}" for one in (wrong, undone)))
    later["frozen_for_debits"] = debits["account_id"]


for path, write in [("/v1/transfers/compound", write_compound), ("/v1/holds", write_holds),
                    ("/v1/exchanges", write_exchange)]:
    if path in can:
        write()
# A build that has holds has scopes of freezes.
if "/v1/holds" in can:
    write_freeze()
shows(*(f"/v1/transfers/{one['transfer_id']}" for one in (rent, dinner)))

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
wait_until_level()
jangbu("views", "rebuild", "accounts", "--reason", "a generation to roll back to")
wait_until_level()
jangbu("log", "verify")

balances = {}
fields = ("balance", "held", "available", "status", "freeze", "version", "account_number", "owner")
for account in shown:
    kept = read(f"/v1/accounts/{account['account_id']}")
    balances[account["account_id"]] = {name: kept[name] for name in fields if name in kept}
if "active_hold" in later:
    hold = read(f"/v1/holds/{later['active_hold']}")
    assert (hold["status"], hold["remaining"]) == ("active", "3500"), hold
    assert balances[a["account_id"]]["held"] == "3500", balances

shutil.rmtree(out, ignore_errors=True)
os.makedirs(out)
head = wait_until_level()
for name in ("log", "views", "vault"):
    with open(f"{out}/{name}.sql", "w") as file:
        subprocess.run([of_postgres("pg_dump"), "--dbname", env[f"JANGBU_{name.upper()}_DATABASE_URL"]], check=True, stdout=file)
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
        subprocess.run([of_postgres("psql"), "-AtXq", "-c", statements, env[f"JANGBU_{name.upper()}_DATABASE_URL"]], check=True, stdout=file)
shutil.copytree(os.path.dirname(env["JANGBU_SIGNING_KEY_FILE"]), f"{out}/keys", dirs_exist_ok=True)
with open(f"{out}/bank.json", "w") as file:
    json.dump({"answers": answers, "accounts": balances,
               "members": {"anna": anna, "boram": boram, "chris": chris},
               "passwords": {"anna_alt": password("anna_alt"), "boram_alt": password("boram_alt"), "chris_alt": password("chris_alt")},
               "refresh_tokens": {name: s["refresh_token"] for name, s in sessions.items()},
               "erasure": erasure, "erased_login": "chris_alt",
               "pending_sign_up": {"id": pending, "login_id": "dora_alt", "password": password("dora_alt"), "code": pending_code},
               "pending_contact": {"login_id": "boram_alt", "code": contact_code},
               "reads": [{"path": path, "answer": read(path)} for path in reads], **later},
              file, indent=1, ensure_ascii=False)
if wait_until_level() != head:
    raise SystemExit("something was written meanwhile: the dumps do not belong together; run it again")
os.rename(out, target)
print(f"written to {target}")

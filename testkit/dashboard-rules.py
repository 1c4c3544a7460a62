"""The expressions of a Grafana dashboard as recording rules, so that `promtool check rules` reads them.

Also refuses what Grafana would show and not report: two panels with one id, a panel without a title, a query or a description.
"""

import json
import sys


def fail(text):
    sys.exit(f"{sys.argv[1]}: {text}")


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        dashboard = json.load(file)
    panels = dashboard["panels"]
    ids = [panel["id"] for panel in panels]
    if len(set(ids)) != len(ids):
        fail("two panels have one id")
    print("groups:\n  - name: dashboard\n    rules:")
    for panel in panels:
        if panel["type"] == "row":
            continue
        if not panel.get("title") or not panel.get("description") and panel["type"] != "stat" or not panel.get("targets"):
            fail(f"panel {panel['id']} lacks a title, a description or a query")
        for target in panel["targets"]:
            expression = target["expr"].replace("$__rate_interval", "1m").replace("$instance", ".*")
            print(f"      - record: panel_{panel['id']}_{target['refId']}\n        expr: {json.dumps(expression)}")


if __name__ == "__main__":
    main()

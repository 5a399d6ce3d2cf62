"""The coordinator's page of accounts."""

from __future__ import annotations

from starlette.responses import Response

from casewise.review.store import ROLES
from casewise.review.web.app import Ask, RefusedError
from casewise.review.web.doors import SHORTEST, chosen, hash_password

WHAT = {
    "abstractor": "reads charts and fills the form in",
    "adjudicator": "settles differences",
    "coordinator": "accounts, charts, form, lock",
    "reader": "sees progress and agreement, no chart",
}


def show(ask: Ask) -> Response:
    roles = [(role, WHAT[role]) for role in sorted(ROLES, key=list(WHAT).index)]
    return ask.page("accounts.html", accounts=ask.store.accounts(), roles=roles)


def make(ask: Ask) -> Response:
    name, role = ask.text("name", most=60), ask.text("role", most=20)
    kind = next((one for one in ROLES if one == role), None)
    if kind is None:
        raise RefusedError(422, f"A role is one of {', '.join(ROLES)}.")
    ask.store.add_account(name, kind, hash_password(chosen(ask)), by=ask.me.name)
    return ask.back("/accounts", "account")


def change(ask: Ask) -> Response:
    """Close an account, open it again, or set its password; its sessions end."""
    account = ask.store.account(ask.path["account"])
    if account is None:
        raise RefusedError(404, "There is no such account.")
    do = ask.text("do", most=10)
    if do in ("close", "open"):
        ask.store.set_active(account.name, do == "open", by=ask.me.name)
    elif do == "password":
        password = ask.sent.get("password", "")
        if not isinstance(password, str) or not SHORTEST <= len(password) <= 1000:
            raise RefusedError(422, f"A password has at least {SHORTEST} characters.")
        ask.store.set_password(account.name, hash_password(password), by=ask.me.name)
    else:
        raise RefusedError(422, "An account can be closed, opened, or given a password.")
    ask.office.sessions.end_all(account.name)
    return ask.back("/accounts", "changed")

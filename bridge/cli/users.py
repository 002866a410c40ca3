"""`bridge users`: who may sign in to the console, and with which role."""

import asyncio
import sys
from typing import Any, get_args

import click

from bridge.app import people
from bridge.app.clock import now
from bridge.app.passwords import Passwords, weakness
from bridge.app.people import Change, person_name, said
from bridge.app.prepare import create_store
from bridge.cli.driving import person
from bridge.cli.options import STORE_SETTINGS, json_flag, opened, settings_flags
from bridge.cli.output import listing
from bridge.core.errors import ConfigInvalid
from bridge.outbox.registry import Account, Role
from bridge.settings import Settings

_COLUMNS = ("name", "role", "seen_at", "sessions", "created_at", "created_by")
_ADMIN = ("admin_host", "admin_port")
_EPILOG = """\b
Examples:
  bridge users add anna --role admin --invite        prints a link by which anna chooses a password
  bridge users list
  bridge users role bert operator
  bridge users password anna --invite                a link, for who has forgotten theirs
  bridge users remove bert"""


class PersonName(click.ParamType[str]):
    """The name of a person or a key."""

    name = "name"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Give the name as it is kept."""
        try:
            return person_name(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


name_argument = click.argument("name", type=PersonName(), metavar="NAME")
role_choice = click.Choice(get_args(Role))
_invite = click.option("--invite", is_flag=True, help="print a one-time link by which they choose their password")


@click.group("users", epilog=_EPILOG)
def users_command() -> None:
    """Add, list and remove those who may sign in to the console, and change what they may.

    A viewer sees everything, an operator replays, pauses, cancels and stores secrets, an admin adds people and keys.
    """


@users_command.command("add", epilog="Example: bridge users add anna --role admin --invite")
@name_argument
@click.option("--role", type=role_choice, required=True, help="what they may do")
@_invite
@click.option("--no-password", is_flag=True, help="comes only through a proxy that signs people in")
@settings_flags(*STORE_SETTINGS, *_ADMIN)
def add(name: str, role: Role, settings: Settings, *, invite: bool, no_password: bool) -> int:
    """Add NAME. The password is asked for, or read from standard input; with --invite they choose it themselves."""
    if invite and no_password:
        raise click.UsageError("Choose one of --invite and --no-password.")
    store = create_store(settings)
    try:
        if store.registry.account(name) is not None:
            return _told("taken", name)
        if invite:
            return _print_link(settings, people.invite(store, "join", person=name, role=role, **_record()))
        hashed = "" if no_password else _new_password(name)
        added = people.add_person(store, Account(name, role, now(), person(), hashed), **_record())
    finally:
        store.close()
    return _told(added, name, f"{name} may sign in as {role}.")


@users_command.command("list")
@json_flag
@settings_flags(*STORE_SETTINGS)
def list_users(settings: Settings, *, as_json: bool) -> None:
    """List who may sign in, with role, when they were seen last, and in how many browsers they are signed in."""
    with opened(settings) as store:
        accounts, sessions = store.registry.accounts(), store.registry.sessions(None, now=now())
    rows = [
        {
            "name": each.name,
            "role": each.role,
            "seen_at": each.seen_at,
            "sessions": sum(session.person == each.name for session in sessions),
            "created_at": each.created_at,
            "created_by": each.created_by,
            "has_password": bool(each.password),
            "zone": each.zone,
        }
        for each in accounts
    ]
    listing(rows, _COLUMNS, as_json_too=as_json, empty="Nobody may sign in yet: bridge users add NAME --role admin")


@users_command.command("role", epilog="Example: bridge users role bert operator")
@name_argument
@click.argument("role", type=role_choice)
@settings_flags(*STORE_SETTINGS)
def role(name: str, role: Role, settings: Settings) -> int:
    """Give NAME another role, from the next request on. The last admin stays one."""
    with opened(settings) as store:
        changed = people.change_role(store, name, role, **_record())
    return _told(changed, name, f"{name} is {role} now.")


@users_command.command("password", epilog="Example: bridge users password anna --invite")
@name_argument
@_invite
@settings_flags(*STORE_SETTINGS, *_ADMIN)
def password(name: str, settings: Settings, *, invite: bool) -> int:
    """Set a new password for NAME, asked for or read from standard input, and sign them out everywhere.

    With --invite the old one holds until they have used the link.
    """
    with opened(settings) as store:
        account = store.registry.account(name)
        if account is None:
            return _told("unknown", name)
        if invite:
            token = people.invite(store, "password", person=name, role=account.role, **_record())
            return _print_link(settings, token)
        changed = people.set_password(store, name, _new_password(name), **_record())
    return _told(changed, name, f"The new password of {name} holds.")


@users_command.command("sign-out", epilog="Example: bridge users sign-out bert")
@name_argument
@settings_flags(*STORE_SETTINGS)
def sign_out(name: str, settings: Settings) -> int:
    """Sign NAME out in every browser, at once."""
    with opened(settings) as store:
        if store.registry.account(name) is None:
            return _told("unknown", name)
        ended = people.sign_out_everywhere(store, name, **_record())
    click.echo(f"{name} was signed out in {ended} {'browser' if ended == 1 else 'browsers'}.")
    return 0


@users_command.command("remove", epilog="Example: bridge users remove bert")
@name_argument
@settings_flags(*STORE_SETTINGS)
def remove(name: str, settings: Settings) -> int:
    """Remove NAME, who is signed out at once. API keys that they made stay; the last admin cannot be removed."""
    with opened(settings) as store:
        removed = people.remove_person(store, name, **_record())
        keys = store.registry.keys()
    made = [key.name for key in keys if key.created_by == name]
    if removed == "done" and made:
        click.echo(f"Keys that {name} made go on working: {', '.join(made)}; `bridge keys remove` ends them.", err=True)
    return _told(removed, name, f"{name} was removed.")


def _record() -> dict[str, Any]:
    """Give who changes something, and when."""
    return {"who": person(), "now": now()}


def _told(change: Change, name: str, done: str = "") -> int:
    """Say what was done, or why nothing was; gives the exit status."""
    if change == "done":
        click.echo(done)
        return 0
    message = said(change, name)
    click.echo(f"{message[0].upper()}{message[1:]}.", err=True)
    return 1


def _print_link(settings: Settings, token: str) -> int:
    host = f"[{settings.admin_host}]" if ":" in settings.admin_host else settings.admin_host
    click.echo(people.link(f"http://{host}:{settings.admin_port}", token))
    click.echo("The link works once, within 24 hours, and is shown only now.", err=True)
    return 0


def _new_password(name: str) -> str:
    """Read a password and give its hash."""
    if sys.stdin.isatty():
        text = str(click.prompt("Password", hide_input=True, confirmation_prompt=True))
    else:
        try:
            text = sys.stdin.buffer.read().decode("utf-8")
        except UnicodeDecodeError:
            raise ConfigInvalid.because("the password is not UTF-8 text") from None
        text = text.removesuffix("\r\n" if text.endswith("\r\n") else "\n")
    if weak := weakness(text, name):
        raise ConfigInvalid.because(f"the password will not do: {weak}")
    return asyncio.run(Passwords().hashed(text))

"""The command line: one function per command, thin: parse, call, print. Commands are imported when they are run.

Exit status: 0 fine, 1 the answer is no, 2 the call or the configuration is wrong, 70 the store failed.
"""

import sys
from importlib import import_module
from typing import Any

import click

from bridge import __version__
from bridge.core.errors import BridgeError, ConfigInvalid, StoreBroken, StoreUnavailable, Unreadable

STORE_FAILED = 70  # EX_SOFTWARE of sysexits.h, as the contract has it

# name, module, one sentence: the order is the order of `bridge --help`.
COMMANDS = (
    ("serve", "run", "Run the bridge: receive, store, map and send."),
    ("demo", "run", "Show everything at work: sandbox, bridge and example webhooks."),
    ("sandbox", "run", "Run a stand-in for the Press'nXPress API."),
    ("check", "check", "Check every mapping file and run every example."),
    ("new", "new", "Start a mapping file, from a preset or from stored events."),
    ("try", "mappings", "Show what one payload would become; sends and stores nothing."),
    ("plan", "plan", "Show what the folder would change, over stored events; sends and stores nothing."),
    ("apply", "mappings", "Put the folder of mapping files in force."),
    ("mappings", "versions", "Look at the versions of the mapping files that were in force; put one back."),
    ("send", "mappings", "Sign a payload like the source would and post it to a running bridge."),
    ("sources", "look", "List the sources: enabled, waiting, paused, and why."),
    ("touchpoints", "look", "List the touchpoints: open, waiting, paused, and why."),
    ("secrets", "secrets", "Store, list, remove and re-encrypt tokens and signing secrets."),
    ("events", "look", "Look at what sources said."),
    ("deliveries", "look", "Look at what was, is or will be sent."),
    ("refused", "look", "Look at requests that were not accepted, and why."),
    ("replay", "replay", "Make new deliveries for old ones."),
    ("replays", "replays", "Look at replays; pause, resume, cancel or undo one."),
    ("cancel", "operate", "Cancel deliveries that wait."),
    ("hold", "operate", "Hold deliveries that wait."),
    ("release", "operate", "Release held deliveries."),
    ("pause", "operate", "Stop sending: all, a touchpoint, a mapping or a source."),
    ("resume", "operate", "Go on sending."),
    ("why", "why", "Tell the story of one contact, order or id, ending in one sentence."),
    ("suppress", "suppress", "Never ask somebody again; list them; allow it again."),
    ("erase", "erase", "Erase what is stored about a person."),
    ("audit", "audit", "Prove that the books balance."),
    ("journal", "journal", "Show who changed what."),
    ("example", "examples", "Make a masked example of a stored event."),
    ("coverage", "coverage", "Show which mappings and fields live traffic uses."),
    ("users", "users", "Add, list and remove those who may sign in to the console."),
    ("keys", "keys", "Make, list and remove API keys."),
    ("doctor", "care", "Examine the installation."),
    ("ready", "ready", "Ask the running bridge whether it is ready: for health checks."),
    ("migrate", "care", "Bring the database to this version's schema."),
    ("backup", "backup", "Write a consistent copy of the database."),
    ("prune", "prune", "Apply the retention now."),
)


class LazyGroup(click.Group):
    """A group whose commands live in modules that are imported on use: `bridge --help` imports none."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Give the names in the documented order."""
        return [name for name, _, _ in COMMANDS]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        """Import the command's module and give the command."""
        for name, module, _ in COMMANDS:
            if name == cmd_name:
                command: click.Command = getattr(import_module(f"bridge.cli.{module}"), f"{name}_command")
                return command
        return None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's signature
        """Write the list from the table."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, sentence) for name, _, sentence in COMMANDS])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Say which command was probably meant when it is unknown."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            import difflib  # noqa: PLC0415 - only for a typing error

            near = difflib.get_close_matches(args[0], self.list_commands(ctx), n=1)
            hint = f" Did you mean `bridge {near[0]}`?" if near else ""
            raise click.UsageError(f"There is no command {args[0]!r}.{hint}", ctx) from error


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    epilog="Each command has --help with examples. Settings are environment variables (BRIDGE_DATA) or the flag of the "
    'same name (--data). Completion: eval "$(_BRIDGE_COMPLETE=bash_source bridge)".',
)
@click.version_option(__version__, prog_name="bridge")
def bridge_command() -> None:
    """Turn signed webhooks into Press'nXPress enqueue requests, and lose none of them."""


def main() -> None:
    """Run the command line and end the process with the documented status."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run one command; translate the bridge's errors to a message on standard error and an exit status."""
    try:
        status: Any = bridge_command.main(args=arguments, prog_name="bridge", standalone_mode=False)
    except click.exceptions.Exit as ending:
        return ending.exit_code
    except click.ClickException as error:
        error.show()
        return 2
    except (click.Abort, KeyboardInterrupt):
        click.echo("Stopped.", err=True)
        return 130
    except BridgeError as error:
        return _explain(error)
    return status if isinstance(status, int) else 0


def _explain(error: BridgeError) -> int:
    if isinstance(error, ConfigInvalid):
        for problem in error.problems:
            click.echo(str(problem), err=True)
        return 2
    click.echo(f"bridge: {error}", err=True)
    return (
        STORE_FAILED if isinstance(error, StoreBroken | StoreUnavailable) else 2 if isinstance(error, Unreadable) else 1
    )

"""What is in force: the catalog with its secrets put in, swapped as a whole and never half."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from bridge.catalog import ALLOW_PRIVATE, Loaded, check_examples, load_catalog, load_texts, look
from bridge.core.configuration import Catalog, Source, Touchpoint
from bridge.core.errors import ConfigInvalid, Problem
from bridge.core.template import Template
from bridge.core.verification.verify import Verifier
from bridge.outbox.safekeeping import Strongbox
from bridge.outbox.terms import Row
from bridge.settings import Settings
from bridge.web.reception import LiveSource, UsableSecret

_EXAMPLES_TAKE = 10.0  # seconds at most; a change is not to wait for long because there are many examples
_READINGS = 3  # tries to run the examples without a file changing meanwhile


@dataclass(frozen=True, slots=True)
class InForce:
    """One version of the configuration, ready to work, and the `files` it was made from.

    `stale` says why the folder as it is now cannot be in force; `unapplied` names its files that differ from those in
    force and wait for `bridge apply`.
    """

    catalog: Catalog
    secrets: Mapping[str, str] = field(repr=False)
    sources: Mapping[str, LiveSource]
    stale: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()
    confidential: frozenset[str] = field(default=frozenset(), repr=False)  # what no log line may hold
    files: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}), repr=False)
    unapplied: tuple[str, ...] = ()

    @property
    def touchpoints(self) -> Mapping[str, Touchpoint]:
        """The touchpoints, by name."""
        return self.catalog.touchpoints


def read_folder(settings: Settings, environment: Mapping[str, str]) -> Loaded:
    """Read the folder of mapping files. Raises ConfigInvalid with every problem."""
    return load_catalog(settings.mappings, with_allowance(settings, environment))


def with_allowance(settings: Settings, environment: Mapping[str, str]) -> Mapping[str, str]:
    """Give the environment as checking reads it, which is to know of private addresses also by the flag alone."""
    allowing = {ALLOW_PRIVATE: "on"} if settings.allow_private_targets else {}
    return {**environment, **allowing}


def read_proven(settings: Settings, environment: Mapping[str, str], *, in_force: str | None) -> Loaded:
    """Read the folder and, unless it is what is in force by its fingerprint, run its examples, for some seconds.

    Raises ConfigInvalid with every problem, also where an example becomes something else than it says.
    """
    loaded = read_folder(settings, environment)
    if loaded.catalog.fingerprint == in_force:
        return loaded
    for _ in range(_READINGS):
        before = look(settings.mappings)
        problems = check_examples(settings.mappings, loaded.catalog, seconds=_EXAMPLES_TAKE)
        if look(settings.mappings) == before:
            break
    if any(problem.severity == "error" for problem in problems):
        raise ConfigInvalid(problems)
    return replace(loaded, warnings=(*loaded.warnings, *problems))


def first_choice(
    settings: Settings, environment: Mapping[str, str], strongbox: Strongbox
) -> tuple[Loaded, tuple[Problem, ...]]:
    """Choose what a starting bridge works by, with the problems of the folder if that is not what the folder says.

    `auto` takes the folder if it and its examples check clean, else the last version in force. `manual` takes the last
    version that was applied, else the folder. Raises ConfigInvalid where neither is usable.
    """
    kept = strongbox.last_configuration()
    if settings.apply == "manual" and kept is not None:
        return load_texts(kept[1], environment), ()
    try:
        return read_proven(settings, environment, in_force=kept[0] if kept else None), ()
    except ConfigInvalid as error:
        if kept is None:
            raise
        return load_texts(kept[1], environment), error.errors


def assemble(
    loaded: Loaded, secrets: Mapping[str, str], settings: Settings, *, stale: tuple[Problem, ...] = ()
) -> InForce:
    """Put the secrets into the sources' verifiers."""
    sources = {
        name: live_source(source, secrets, public_url=settings.public_url)
        for name, source in loaded.catalog.sources.items()
    }
    return InForce(
        loaded.catalog,
        MappingProxyType(dict(secrets)),
        MappingProxyType(sources),
        stale,
        tuple(loaded.warnings),
        frozenset(secrets.values()) | _variables(loaded.catalog),
        files=loaded.files,
    )


def _variables(catalog: Catalog) -> frozenset[str]:
    """Give the texts from environment variables that stand where secrets do."""
    sent = (text for touchpoint in catalog.touchpoints.values() for text in touchpoint.variables)
    templates = ((*source.secrets, source.verify_token) for source in catalog.sources.values())
    signing = (text for each in templates for template in each if template for text in template.variables)
    asking = (text for source in catalog.sources.values() for lookup in source.lookups for text in lookup.variables)
    return frozenset((*sent, *signing, *asking))


def with_secrets(old: InForce, secrets: Mapping[str, str], settings: Settings) -> InForce:
    """Give the same configuration with other secrets."""
    assembled = assemble(Loaded(old.catalog, old.warnings, old.files), secrets, settings, stale=old.stale)
    return replace(assembled, unapplied=old.unapplied)


def differing(old: Mapping[str, str], new: Mapping[str, str]) -> list[str]:
    """Name the files whose texts differ, or that only one of both has."""
    return sorted(name for name in {**old, **new} if old.get(name) != new.get(name))


def not_applied(names: Sequence[str]) -> str | None:
    """Say how a folder differs from what is in force, and what to do; None if it does not."""
    if not names:
        return None
    files = "1 file differs" if len(names) == 1 else f"{len(names)} files differ"
    return f"not applied: {files}; see `bridge plan`, then `bridge apply`"


def live_source(source: Source, secrets: Mapping[str, str], *, public_url: str) -> LiveSource:
    """Make the source's verifier from those of its secrets that are stored; without any it waits."""
    if source.scheme.signs_url and not public_url:
        return LiveSource(source, None, "needs BRIDGE_PUBLIC_URL, since its signature covers the address")
    usable = tuple(_usable(source.secrets, secrets))
    token = next(_usable((source.verify_token,), secrets), None) if source.verify_token else None
    if not usable and source.scheme.kind != "none":
        missing = " or ".join(sorted(source.secret_names)) or "NAME"
        waiting = f"waits for its secret; store it with `bridge secrets set {missing}`"
        return LiveSource(source, None, waiting, verify_token=token)
    try:
        texts, names = [secret.text for secret in usable], [secret.name for secret in usable]
        return LiveSource(source, Verifier(source.scheme, texts, names=names), "", usable, token)
    except ValueError as error:
        return LiveSource(source, None, f"its secret cannot be used: {error}", verify_token=token)


def _usable(templates: Iterable[Template], secrets: Mapping[str, str]) -> Iterator[UsableSecret]:
    for template in templates:
        text = template.render(secrets)
        if text is not None:
            yield UsableSecret(" + ".join(template.secret_names) or "of an environment variable", text)


def lookup_secrets(source: Source) -> frozenset[str]:
    """Name the secrets that the source's lookups need."""
    return frozenset(name for lookup in source.lookups for name in lookup.secret_names)


def lookup_state(source: Source, secrets: Mapping[str, str], queue: Row | None) -> str:
    """Say how the source's lookups stand: empty without any, `open`, or what they wait for; `queue` is the store's."""
    if not source.lookups:
        return ""
    lacking = sorted(name for name in lookup_secrets(source) if name not in secrets)
    state = "open"
    if lacking:
        state = f"waits for its secret: {', '.join(lacking)}"
    elif queue and queue["reason"]:
        state = f"refused: {queue['reason']}"
    waiting = queue["waiting"] if queue else 0
    return f"{state}; {waiting} {'event waits' if waiting == 1 else 'events wait'}" if waiting else state


def missing_secrets(touchpoint: Touchpoint, secrets: Mapping[str, str]) -> list[str]:
    """Name the secrets that sending to the touchpoint lacks."""
    return sorted(name for name in touchpoint.secret_names if name not in secrets)

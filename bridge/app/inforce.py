"""What is in force: the catalog with its secrets put in, swapped as a whole and never half."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from bridge.catalog import Loaded, load_catalog, load_texts
from bridge.core.configuration import Catalog, Source, Touchpoint
from bridge.core.errors import ConfigInvalid, Problem
from bridge.core.verification.verify import Verifier
from bridge.outbox.protocol import Strongbox
from bridge.settings import Settings
from bridge.web.reception import LiveSource


@dataclass(frozen=True, slots=True)
class InForce:
    """One version of the configuration, ready to work. `stale` says why the folder as it is now is not in force."""

    catalog: Catalog
    secrets: Mapping[str, str] = field(repr=False)
    sources: Mapping[str, LiveSource]
    stale: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()
    confidential: frozenset[str] = field(default=frozenset(), repr=False)  # what no log line may hold

    @property
    def touchpoints(self) -> Mapping[str, Touchpoint]:
        """The touchpoints, by name."""
        return self.catalog.touchpoints


def read_folder(settings: Settings, environment: Mapping[str, str]) -> Loaded:
    """Read the folder of mapping files. Raises ConfigInvalid with every problem."""
    return load_catalog(settings.mappings, environment)


def first_choice(
    settings: Settings, environment: Mapping[str, str], strongbox: Strongbox
) -> tuple[Loaded, tuple[Problem, ...]]:
    """Choose what a starting bridge works by, with the problems of the folder if that is not what the folder says.

    `auto` takes the folder if it checks clean, else the last version in force. `manual` takes the last version that
    was applied, else the folder. Raises ConfigInvalid where neither is usable.
    """
    kept = strongbox.last_configuration()
    if settings.apply == "manual" and kept is not None:
        return load_texts(kept[1], environment), ()
    try:
        return read_folder(settings, environment), ()
    except ConfigInvalid as error:
        if kept is None:
            raise
        return load_texts(kept[1], environment), error.problems


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
    )


def _variables(catalog: Catalog) -> frozenset[str]:
    """Give the texts from environment variables that stand where secrets do."""
    sent = (text for touchpoint in catalog.touchpoints.values() for text in touchpoint.variables)
    signing = (text for source in catalog.sources.values() for each in source.secrets for text in each.variables)
    return frozenset((*sent, *signing))


def with_secrets(old: InForce, secrets: Mapping[str, str], settings: Settings) -> InForce:
    """Give the same configuration with other secrets."""
    return replace(
        assemble(Loaded(old.catalog, old.warnings, {}), secrets, settings, stale=old.stale),
    )


def live_source(source: Source, secrets: Mapping[str, str], *, public_url: str) -> LiveSource:
    """Make the source's verifier from those of its secrets that are stored; without any it waits."""
    if source.scheme.signs_url and not public_url:
        return LiveSource(source, None, "needs BRIDGE_PUBLIC_URL, since its signature covers the address")
    usable = [text for template in source.secrets if (text := template.render(secrets)) is not None]
    if not usable and source.scheme.kind != "none":
        missing = " or ".join(sorted(source.secret_names)) or "NAME"
        return LiveSource(source, None, f"waits for its secret; store it with `bridge secrets set {missing}`")
    try:
        return LiveSource(source, Verifier(source.scheme, usable), "")
    except ValueError as error:
        return LiveSource(source, None, f"its secret cannot be used: {error}")


def missing_secrets(touchpoint: Touchpoint, secrets: Mapping[str, str]) -> list[str]:
    """Name the secrets that sending to the touchpoint lacks."""
    return sorted(name for name in touchpoint.secret_names if name not in secrets)

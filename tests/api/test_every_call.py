"""Every operation of the API is called with what its description allows, and with what it does not."""

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.config import (
    CoveragePhaseConfig,
    ExamplesPhaseConfig,
    FuzzingPhaseConfig,
    GenerationConfig,
    PhasesConfig,
    ProjectConfig,
    ProjectsConfig,
    SchemathesisConfig,
)
from schemathesis.specs.openapi.checks import positive_data_acceptance

from bridge.api.document import describe
from bridge.api.operations import OPERATIONS
from bridge.outbox.terms import Paused
from tests.support.admin import Admin, admin_port
from tests.support.console import Console

_EXAMPLES = 5  # random ones for each operation, beside those at the bounds of every value


def _schema() -> schemathesis.BaseSchema:
    generation = GenerationConfig(max_examples=_EXAMPLES, deterministic=True)
    phases = PhasesConfig(
        examples=ExamplesPhaseConfig(generation=generation),
        coverage=CoveragePhaseConfig(generation=generation),
        fuzzing=FuzzingPhaseConfig(generation=generation),
    )
    project = ProjectConfig(generation=generation, phases=phases)
    config = SchemathesisConfig(projects=ProjectsConfig(default=project))
    # A stream has no end; tests/api/test_stream.py is about it.
    return schemathesis.openapi.from_dict(describe(OPERATIONS), config=config).exclude(operation_id="stream_news")


schema = _schema()
DECLINES = {operation.name: operation.declines for operation in OPERATIONS}


@pytest.fixture(scope="module")
def admin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Admin]:
    """Serve a store in which there is something of every kind."""
    with pytest.MonkeyPatch.context() as patch:
        console = Console(tmp_path_factory.mktemp("every-call"), patch, None)  # type: ignore[arg-type] # no command is run
        console.keep_secrets()
        console.receive(*(f"o{number}" for number in range(12)))
        console.send("delivered", "dead", "held", "delivered")
        console.refuse("the signature is wrong")
        with console.store() as store:
            store.controls.pause(Paused("touchpoint", "eager", "the target answered 401", 1, "target"))
        with admin_port(console) as admin:
            yield admin


@schema.parametrize()
@settings(deadline=None, suppress_health_check=list(HealthCheck))
def test_every_call_is_answered_as_the_description_says(case: schemathesis.Case[Any], admin: Admin) -> None:
    more_must_hold = 422 in DECLINES[case.operation.definition.raw["operationId"]]
    case.call_and_validate(
        base_url=admin.address,
        headers={"Authorization": f"Bearer {admin.key}"},
        excluded_checks=[positive_data_acceptance] if more_must_hold else [],
    )

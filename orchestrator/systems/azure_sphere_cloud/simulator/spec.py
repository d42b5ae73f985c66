"""What a pretend cloud is at the start: frozen values, and the switches for what no source settles.

The switches stand together in `Inferences`: name, default, what it decides and what it rests on.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from orchestrator.transport.serving import Fault

TENANT_ID = "5f2c7c1e-0d3b-4c55-9a52-1f6f0a7d9e01"
OTHER_TENANT_ID = "99999999-0d3b-4c55-9a52-1f6f0a7d9e99"
STOCK_GROUPS = (
    "Development",
    "Field Test",
    "Field Test OS Evaluation",
    "Production",
    "Production OS Evaluation",
)
"""The five device groups that the service makes for a product."""


@dataclass(frozen=True, slots=True)
class TenantSpec:
    """A tenant. `visible`: the signed-in account is a member."""

    tenant_id: str = TENANT_ID
    name: str = "Contoso"
    visible: bool = True


@dataclass(frozen=True, slots=True)
class ProductSpec:
    """A product of the first tenant and its device groups."""

    name: str
    groups: tuple[str, ...] = STOCK_GROUPS


@dataclass(frozen=True, slots=True)
class Inferences:
    """What no document settles.

    `own_claim`: claiming an own device again succeeds and changes nothing (a published tool relies
    on it), or is a conflict. `foreign_claim`: how a claim of an unknown or somebody else's device
    is refused; both alike, as people report. `bulk`: a bulk claim with some such devices claims
    the others and ends with errors, or fails as a whole. `full_group`: how a full group refuses.
    `twin_product`: a second product of one name is refused, or made. `largest_page`: pages are
    never longer, whatever is asked for.
    """

    own_claim: Literal["succeeds", "conflict"] = "succeeds"
    foreign_claim: Literal["fails", "404", "409"] = "fails"
    bulk: Literal["partial", "fails"] = "partial"
    full_group: Literal["409", "fails"] = "409"
    twin_product: Literal["409", "made"] = "409"
    largest_page: int = 1000


@dataclass(frozen=True, slots=True)
class CloudSpec:
    """A pretend cloud. Times are seconds, ids in lower case.

    `owned` are devices that are claimed at the start, by tenant id; `unknown` are ids that the
    service does not know; any other well-formed id is an unclaimed device, unless `known` names all
    there are. `operation_seconds` is how long an accepted operation takes before it is applied;
    those of the types in `stuck` never end. `claim_errors` lets single devices fail in a claim with
    that number of an operation error.
    `group_limit` is the most devices of one group, 0 for no limit.
    """

    seed: int = 0
    tenants: tuple[TenantSpec, ...] = (TenantSpec(),)
    products: tuple[ProductSpec, ...] = (ProductSpec("Pump"),)
    owned: Mapping[str, str] = field(default_factory=dict)
    unknown: frozenset[str] = frozenset()
    known: frozenset[str] = frozenset()
    claim_errors: Mapping[str, int] = field(default_factory=dict)
    operation_seconds: float = 0.0
    stuck: frozenset[int] = frozenset()
    group_limit: int = 0
    answer_seconds: float = 0.0
    page_size: int = 50
    requests_per_second: int = 0
    retry_after: str | None = "1"
    token: str = ""
    faults: tuple[Fault, ...] = ()
    inferences: Inferences = field(default_factory=Inferences)

"""Whose rules are used for which server, and what they say."""

from __future__ import annotations

import numpy as np
import pytest

from backend.clients.dialects.known import dialect_for, rules_of_server
from backend.clients.dialects.rules import AddressKind, Capability, check_can
from backend.clients.dialects.schemas import message_class, schema_of
from backend.core.errors import InvalidInput, Unsupported, UsageError
from backend.core.inference import ServerMetadata
from backend.core.target import Dialect
from backend.core.tensors import Datatype, Tensor
from backend.wire.generated import open_inference_pb2

SERVICE = "inference.GRPCInferenceService"


@pytest.mark.parametrize(
    ("metadata", "dialect"),
    [
        (ServerMetadata("triton"), Dialect.TRITON),
        (ServerMetadata("MLServer"), Dialect.MLSERVER),
        (ServerMetadata("OpenVINO Model Server"), Dialect.OVMS),
        (ServerMetadata("mine", extensions=("model_repository_extension",)), Dialect.KSERVE),
        (ServerMetadata("inferdeck"), Dialect.OIP),
        (ServerMetadata("who knows"), Dialect.OIP),
        (None, Dialect.OIP),
    ],
)
def test_auto_follows_the_servers_own_words(
    metadata: ServerMetadata | None, dialect: Dialect
) -> None:
    assert rules_of_server(Dialect.AUTO, metadata).dialect is dialect


def test_a_chosen_dialect_is_kept_whatever_the_server_says() -> None:
    rules = rules_of_server(Dialect.KSERVE, ServerMetadata("triton"))
    assert rules is dialect_for("kserve")
    with pytest.raises(UsageError, match="'tritn' is not a dialect"):
        dialect_for("tritn")


@pytest.mark.parametrize("dialect", [d for d in Dialect if d is not Dialect.AUTO])
def test_every_lack_has_a_reason_that_names_its_server(dialect: Dialect) -> None:
    rules = dialect_for(dialect)
    for lack in rules.lacks:
        assert lack.reason.endswith(".")
        assert rules.why_not(lack.capability, address=lack.address) == lack.reason


def test_a_lack_through_one_door_leaves_the_other() -> None:
    kserve = dialect_for(Dialect.KSERVE)
    assert kserve.why_not(Capability.INDEX) == ""
    assert kserve.why_not(Capability.INDEX, address=AddressKind.REST) == ""
    assert "REST only" in kserve.why_not(Capability.INDEX, address=AddressKind.GRPC)
    with pytest.raises(Unsupported, match="no ModelStreamInfer"):
        check_can(kserve, Capability.STREAM)


def test_what_an_extension_gives_is_missing_where_it_is_not_listed() -> None:
    oip = dialect_for(Dialect.OIP)
    assert oip.why_not(Capability.STATISTICS) == ""
    assert "'statistics'" in oip.why_not(Capability.STATISTICS, extensions=())
    assert oip.why_not(Capability.STATISTICS, extensions=("statistics",)) == ""


@pytest.mark.parametrize("value", [0.5, 2**63, -(2**63) - 1])
def test_parameters_that_a_server_would_lose_are_refused(value: float) -> None:
    dialect_for(Dialect.TRITON).check_parameters({"p": value})
    for dialect in (Dialect.MLSERVER, Dialect.KSERVE, Dialect.OVMS):
        rules = dialect_for(dialect)
        rules.check_parameters({"a": True, "b": "text", "c": 2**63 - 1})
        with pytest.raises(InvalidInput, match="Parameter 'p'"):
            rules.check_parameters({"p": value})


def test_datatypes_that_a_server_does_not_know_are_refused() -> None:
    tensor = Tensor("x", Datatype.BF16, np.zeros(2, np.uint16))
    dialect_for(Dialect.TRITON).check_datatypes([tensor])
    with pytest.raises(InvalidInput, match="'x' is BF16, which MLServer does not know"):
        dialect_for(Dialect.MLSERVER).check_datatypes([tensor])


def test_a_load_is_numbered_as_the_server_reads_it() -> None:
    def sent(dialect: Dialect) -> bytes:
        return message_class(dialect, "RepositoryModelLoadRequest")(
            model_name="m"
        ).SerializeToString()

    assert sent(Dialect.KSERVE) == b"\x0a\x01m"
    for dialect in (Dialect.OIP, Dialect.TRITON, Dialect.MLSERVER):
        assert sent(dialect) == b"\x12\x01m"
        theirs = open_inference_pb2.RepositoryModelLoadRequest.FromString(sent(dialect))
        assert theirs.model_name == "m"


def test_schemas_have_the_methods_that_the_servers_have() -> None:
    methods = {
        dialect: {
            method.name: method for method in schema_of(dialect).FindServiceByName(SERVICE).methods
        }
        for dialect in Dialect
    }
    assert "ModelStreamInfer" not in methods[Dialect.KSERVE]
    assert "RepositoryIndex" not in methods[Dialect.KSERVE]
    assert "ModelStatistics" not in methods[Dialect.MLSERVER]
    assert "RepositoryModelLoad" not in methods[Dialect.OVMS]
    for dialect, reply in (
        (Dialect.MLSERVER, "ModelInferResponse"),
        (Dialect.TRITON, "ModelStreamInferResponse"),
    ):
        assert methods[dialect]["ModelStreamInfer"].output_type.name == reply
    parameter = schema_of(Dialect.MLSERVER).FindMessageTypeByName("inference.InferParameter")
    assert [field.number for field in parameter.fields] == [1, 2, 3]

"""What a server tells of itself and its models over REST, and the models' loading."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from backend.clients.codecs import RestCall, RestReply, checked
from backend.clients.connections.rest import RestConnection
from backend.clients.control.listings import (
    ModelListing,
    index_from_json,
    names_from_json,
    states_from_json,
)
from backend.clients.dialects.rules import DialectRules, ModelLists
from backend.clients.faults.words import of_restriction
from backend.core.errors import ConsoleError, NotFound, Unsupported
from backend.core.inference import ModelMetadata, ServerMetadata
from backend.wire.elements import reading_reply
from backend.wire.json.text import read_json, write_json
from backend.wire.oip.cluster import PATH, ClusterStatus, cluster_from_json
from backend.wire.oip.metadata_json import (
    json_list,
    json_object,
    model_metadata_from_json,
    server_metadata_from_json,
)

_JSON = {"Content-Type": "application/json", "Accept": "application/json"}
_NOT_READY = (400, 404, 503)
"""What servers answer for a model that is unknown or not ready."""


class RestControl:
    """The calls over one REST connection, which it does not own."""

    def __init__(self, connection: RestConnection, deadline_s: float) -> None:
        self._connection = connection
        self._deadline_s = deadline_s

    def server_metadata(self) -> ServerMetadata:
        """GET /v2."""
        return server_metadata_from_json(self._get("/v2").body)

    def ready(self, rules: DialectRules, name: str, version: str) -> bool:  # noqa: ARG002 - as gRPC
        """Whether the model takes requests; False for one that is not known."""
        reply = self._send(f"{_path(name, version)}/ready", method="GET")
        if reply.status in _NOT_READY:
            return False
        body = _value(checked(reply), "The answer") if reply.body else {}
        ready = body.get("ready") if isinstance(body, dict) else None
        checked(reply)
        return ready is not False

    def models(self, rules: DialectRules) -> tuple[ModelListing, ...]:
        """Every model the server lists."""
        if rules.model_lists is ModelLists.NAMES:
            return names_from_json(self._get("/v2/models").body)
        if rules.model_lists is ModelLists.CONFIG:
            return states_from_json(self._get("/v1/config").body)
        return index_from_json(self._post("/v2/repository/index", {}).body, rules)

    def model_metadata(self, name: str, version: str) -> ModelMetadata:
        """GET /v2/models/M."""
        return model_metadata_from_json(self._get(_path(name, version)).body)

    def model_config(self, name: str, version: str) -> dict[str, Any]:
        """GET /v2/models/M/config."""
        reply = self._get(f"{_path(name, version)}/config")
        return dict(json_object(_value(reply, "The configuration"), "The configuration"))

    def statistics(self, name: str, version: str) -> list[dict[str, Any]]:
        """GET /v2/models[/M]/stats."""
        path = f"{_path(name, version)}/stats" if name else "/v2/models/stats"
        with reading_reply():
            value = json_object(read_json(self._get(path).body), "Statistics")
            return [dict(json_object(item, "A model")) for item in json_list(value, "model_stats")]

    def cluster(self) -> ClusterStatus:
        """GET /v2/cluster."""
        return cluster_from_json(self._get(PATH).body)

    def load(self, rules: DialectRules, name: str, config: str) -> None:  # noqa: ARG002 - as gRPC
        """POST /v2/repository/models/M/load."""
        terms = {"parameters": {"config": config}} if config else {}
        self._post(f"/v2/repository/models/{quote(name, safe='')}/load", terms)

    def unload(self, rules: DialectRules, name: str) -> None:  # noqa: ARG002 - as gRPC
        """POST /v2/repository/models/M/unload."""
        self._post(f"/v2/repository/models/{quote(name, safe='')}/unload", {})

    def _get(self, path: str) -> RestReply:
        return self._checked(self._send(path, method="GET"), path)

    def _post(self, path: str, value: dict[str, Any]) -> RestReply:
        return self._checked(self._send(path, write_json(value)), path)

    def _send(self, path: str, body: bytes = b"", *, method: str = "POST") -> RestReply:
        call = RestCall(path, _JSON, body, method)
        return self._connection.send(call, deadline_s=self._deadline_s)

    def _checked(self, reply: RestReply, path: str) -> RestReply:
        try:
            return checked(reply)
        except NotFound as error:
            if _no_such_route(reply):
                raise Unsupported(f"This server has no {path}: {error.message}") from error
            raise
        except ConsoleError as error:
            raise of_restriction(error) from error


def _no_such_route(reply: RestReply) -> bool:
    """Whether the web framework does not know the path, rather than the server the model."""
    body = bytes(reply.body[:200]).strip()
    return body in (b"", b'{"error":"Not Found"}', b'{"detail":"Not Found"}')


def _path(name: str, version: str) -> str:
    of_version = f"/versions/{quote(version, safe='')}" if version else ""
    return f"/v2/models/{quote(name, safe='')}{of_version}"


def _value(reply: RestReply, what: str) -> Any:
    with reading_reply():
        return json_object(read_json(reply.body), what)

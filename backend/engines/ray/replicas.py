"""The replicas of each model: brought up, asked, watched and let go."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
import time
from collections.abc import AsyncGenerator, Iterable, Mapping
from dataclasses import replace
from typing import Any

import ray
from ray import serve
from ray.serve.config import RequestRouterConfig
from ray.serve.exceptions import BackPressureError, RayServeException

from backend.core.errors import ConsoleError, NotReady, Overloaded
from backend.engines.ray.deployed import Deployed
from backend.engines.ray.messages import ReplicaReport
from backend.engines.ray.replica import Declared, ReplicaSpec, application, deployment_class
from backend.engines.ray.scale import Scale
from backend.models.servable import ModelLoadError
from backend.wire.generated import open_inference_pb2 as pb

_log = logging.getLogger("inferdeck.ray")

_MOST_AT_ONCE = 256
"""Requests that a replica takes at once: those beyond its instances wait in its queue."""
_POLL_S = 0.1
_NO_PLACE = "to be scheduled"
"""What Serve says of replicas that run nowhere yet after half a minute."""
_PATIENCE_S = 240.0
_ROUTER = "ray.serve.experimental.consistent_hash_router.ConsistentHashRouter"


class Replicas:
    """Brings up and lets go; its blocking methods are for threads beside the event loop."""

    def __init__(self, template: ReplicaSpec) -> None:
        self._template = template
        self._lock = threading.Lock()
        self._submitting = threading.Lock()
        self._closed = False
        self._serial = 0
        self._deployed: dict[str, Deployed] = {}

    def bring_up(
        self,
        model: str,
        config: pb.ModelConfig,
        scale: Scale,
        *,
        config_json: str = "",
        uploads: Mapping[str, bytes] | None = None,
    ) -> tuple[Deployed, Declared]:
        """Start the model's replicas, or change those that run to what is asked now.

        What was served goes on until the new ones are ready. Raises ModelLoadError.
        """
        with self._lock:
            self._serial += 1
            serial = self._serial
        spec = replace(
            self._template,
            model=model,
            config=config_json,
            uploads=dict(uploads or {}),
            serial=serial,
        )
        sticky = config.HasField("sequence_batching")
        name = application(spec.prefix, model)
        try:
            declared, handle = self._started(
                name, spec, _deployment_options(spec, config, scale, sticky=sticky)
            )
        except ModelLoadError:
            self._delete_unless(name, model)
            raise
        except (RayServeException, ray.exceptions.RayError, RuntimeError) as error:
            self._delete_unless(name, model)
            raise ModelLoadError(f"Ray could not start a replica: {_first_line(error)}") from None
        if declared.failure:
            self._delete_unless(name, model)
            raise ModelLoadError(declared.failure)
        deployed = Deployed(model, handle, sticky, versions=len(declared.versions))
        with self._lock:
            self._deployed[model] = deployed
        return deployed, declared

    def let_go(self, deployed: Deployed) -> None:
        """One version of it is served no longer; the replicas end with the last one."""
        with self._lock:
            deployed.versions -= 1
            if deployed.versions or self._deployed.get(deployed.model) is not deployed:
                return
            del self._deployed[deployed.model]
        self._delete(deployed.model)

    def all(self) -> tuple[Deployed, ...]:
        """Those that are served now."""
        with self._lock:
            return tuple(self._deployed.values())

    def delete_all(self) -> None:
        """Have every application of ours deleted; Ray ends their replicas beside."""
        for deployed in self.all():
            self._delete(deployed.model)

    def close(self) -> None:
        """Ask Serve for nothing more: outside of a cluster it would start one."""
        with self._submitting:
            self._closed = True

    def _check_open(self) -> None:
        if self._closed:
            raise ModelLoadError("the server ends")

    def _delete(self, model: str) -> None:
        with contextlib.suppress(RayServeException, ray.exceptions.RayError):
            serve.delete(application(self._template.prefix, model), _blocking=False)

    def _started(
        self, name: str, spec: ReplicaSpec, options: Mapping[str, Any]
    ) -> tuple[Declared, Any]:
        """Have Serve start replicas, and wait until one of these has loaded the model.

        Raises ModelLoadError.
        """
        began, cpus = time.monotonic(), options["ray_actor_options"]["num_cpus"]
        # What Serve makes of a deployment, and reads of one, is not safe from several threads.
        with self._submitting:
            self._check_open()
            target = serve.RunTarget(
                deployment_class().options(**options).bind(spec), name=name, route_prefix=None
            )
            (handle,) = serve.run_many([target], wait_for_applications_running=False)
        while True:
            with self._submitting:
                self._check_open()
                status = serve.status().applications.get(name)
            if status is None:
                raise ModelLoadError("it was unloaded while it was being loaded")
            if status.status == "DEPLOY_FAILED":
                raise ModelLoadError(f"Ray could not start a replica: {_reason(status)}")
            waited_s = time.monotonic() - began
            if status.status == "RUNNING" or _goes_without(spec.model, status, cpus, waited_s):
                declared: Declared = handle.declared.remote().result()
                if declared.serial == spec.serial:  # and not still one of an earlier load
                    return declared, handle
            time.sleep(_POLL_S)

    def _delete_unless(self, name: str, model: str) -> None:
        """Delete what failed to come up, unless an earlier load of the model is still served."""
        if model not in self._deployed and not self._closed:
            with contextlib.suppress(RayServeException, ray.exceptions.RayError):
                serve.delete(name)


async def ask(deployed: Deployed, method: str, sequence: str, *arguments: Any) -> Any:
    """Call a method of a replica; what it answers, unless that is an error, which is raised.

    Raises Overloaded, and NotReady if the replica is lost: nobody knows how far it had come, so the
    request is not sent again.
    """
    handle = deployed.handle.options(session_id=sequence) if sequence else deployed.handle
    response = getattr(handle, method).remote(*arguments)
    try:
        answer = await response
    except asyncio.CancelledError:
        response.cancel()
        raise
    except Exception as error:  # noqa: BLE001 - translated
        raise _translated(deployed, error) from None
    if isinstance(answer, ConsoleError):
        raise answer
    return answer


async def ask_stream(
    deployed: Deployed, method: str, sequence: str, *arguments: Any
) -> AsyncGenerator[Any, None]:
    """Call a method of a replica that answers any number of times; raises as `ask` does."""
    handle = deployed.handle.options(stream=True, **({"session_id": sequence} if sequence else {}))
    response = getattr(handle, method).remote(*arguments)
    ended = False
    try:
        async for answer in response:
            if isinstance(answer, ConsoleError):
                break
            yield answer
        else:
            answer = None
        ended = True
    except (GeneratorExit, asyncio.CancelledError):
        raise
    except Exception as error:  # noqa: BLE001 - translated
        raise _translated(deployed, error) from None
    finally:
        if not ended:
            response.cancel()
    if answer is not None:
        raise answer


async def refresh(deployed: Iterable[Deployed], timeout_s: float) -> None:
    """Have every replica report anew; those that do not answer in time are left out."""
    await asyncio.gather(*(_refresh(each, timeout_s) for each in deployed))


async def _refresh(deployed: Deployed, timeout_s: float) -> None:
    broadcast = deployed.handle.broadcast("report")
    with contextlib.suppress(TimeoutError, RayServeException, ray.exceptions.RayError):
        results = await broadcast.results_async(timeout_s=timeout_s, return_exceptions=True)
        deployed.reports = tuple(row for row in results if isinstance(row, ReplicaReport))


def _deployment_options(
    spec: ReplicaSpec, config: pb.ModelConfig, scale: Scale, *, sticky: bool
) -> dict[str, Any]:
    options = scale.options(config) | {
        "name": "model",
        "max_ongoing_requests": _MOST_AT_ONCE,
        "max_queued_requests": spec.queue_limit,
        "max_constructor_retry_count": 1,
        "graceful_shutdown_timeout_s": 5.0,
        "health_check_period_s": 2.0,
        "health_check_timeout_s": 10.0,
    }
    if sticky:
        options["request_router_config"] = RequestRouterConfig(
            request_router_class=_ROUTER, request_router_kwargs={"num_fallback_replicas": 0}
        )
    return options


def _goes_without(model: str, status: Any, cpus: float, waited_s: float) -> bool:
    """Whether some replicas run, and others have waited long enough for a node to run on.

    Raises ModelLoadError if all of them have.
    """
    deployment = next(iter(status.deployments.values()), None)
    if deployment is None or _NO_PLACE not in deployment.message:
        return False
    lacking = _lacking(cpus, waited_s)
    running = deployment.replica_states.get("RUNNING", 0)
    if lacking and not running:
        raise ModelLoadError(lacking)
    if lacking:
        _log.warning("Model '%s' is served by %d replicas for now: %s", model, running, lacking)
    return bool(lacking)


def _lacking(cpus: float, waited_s: float) -> str:
    """Why no node takes a replica, '' while one may: processes take their time to start."""
    largest = max(
        (float(node["Resources"].get("CPU", 0)) for node in ray.nodes() if node["Alive"]), default=0
    )
    remedy = "lower cpus in [ray] of its profile.toml, or add a node"
    if cpus > largest:
        return f"a replica reserves {cpus:g} CPUs, and no node has more than {largest:g}: {remedy}"
    if waited_s < _PATIENCE_S:
        return ""
    free = ray.available_resources().get("CPU", 0.0)
    return (
        f"no node has had room for a replica of {cpus:g} CPUs for {waited_s:.0f} s, {free:g} are "
        f"free in the cluster: {remedy}"
    )


def _reason(status: Any) -> str:
    """The last line of what Serve says of the deployment, which is the exception."""
    texts = [each.message for each in status.deployments.values() if each.message]
    lines = [line.strip() for text in texts or [status.message] for line in text.splitlines()]
    return next((line for line in reversed(lines) if line), "it does not say why")


def _translated(deployed: Deployed, error: Exception) -> Exception:
    if isinstance(error, BackPressureError):
        return Overloaded(f"model '{deployed.model}': too many requests wait already")
    if isinstance(error, ray.exceptions.RayActorError):
        deployed.lost += 1
        return NotReady(
            f"the replica of model '{deployed.model}' that had the request was lost",
            hint="Send it again: other replicas go on, and a new one is started.",
        )
    if isinstance(error, RayServeException | ray.exceptions.RayError):
        return NotReady(f"no replica of model '{deployed.model}': {_first_line(error)}")
    return error


def _first_line(error: Exception) -> str:
    return next((line for line in str(error).splitlines() if line.strip()), type(error).__name__)

"""One version of a model while it is loaded: its servable, its instances, and who uses them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from backend.models.servable import Instance, ModelLoadError, Servable
from backend.wire.generated import open_inference_pb2 as pb

_MOST_INSTANCES = 64


class LoadedModel:
    """Keeps a servable and its instances open until it is retired and nobody uses them any more.

    Safe from any thread. Whoever calls `use` calls `release` once, when no thread of theirs is in
    an instance; the last of them closes everything.
    """

    def __init__(self, servable: Servable) -> None:
        self.servable = servable
        self.instances = _make_instances(servable)
        self._lock = threading.Lock()
        self._users: list[Callable[[], None]] = []
        self._on_closed: list[Callable[[], None]] = []
        self._retired = False
        self._closed = False

    def use(self, on_retired: Callable[[], None]) -> bool:
        """Become a user, who is called when it is retired; False if it already is."""
        with self._lock:
            if self._retired:
                return False
            self._users.append(on_retired)
            return True

    def release(self, on_retired: Callable[[], None]) -> None:
        """Be a user no longer; given is what `use` was given."""
        with self._lock:
            self._users.remove(on_retired)
        self._close_if_unused()

    def retire(self) -> None:
        """Let it be closed, by the last of its users or at once; may be called twice."""
        with self._lock:
            users = () if self._retired else tuple(self._users)
            self._retired = True
        for notify in users:
            notify()
        self._close_if_unused()

    def when_closed(self, notify: Callable[[], None]) -> None:
        """Call this when everything has been let go, or now if that is so already."""
        with self._lock:
            if not self._closed:
                self._on_closed.append(notify)
                return
        notify()

    @property
    def retired(self) -> bool:
        """Whether it is served no longer."""
        return self._retired

    @property
    def closed(self) -> bool:
        """Whether everything has been let go."""
        return self._closed

    def _close_if_unused(self) -> None:
        with self._lock:
            if self._users or not self._retired or self._closed:
                return
            self._closed = True
            listeners = tuple(self._on_closed)
        _close_all(self.instances)
        self.servable.close()
        for notify in listeners:
            notify()


def instance_count(config: pb.ModelConfig) -> int:
    """How many copies a configuration asks for, one if it does not say."""
    groups = [max(1, group.count) for group in config.instance_group if not group.passive]
    return sum(groups) or 1


def _make_instances(servable: Servable) -> tuple[Instance, ...]:
    if servable.config.HasField("ensemble_scheduling"):
        return ()
    count = 1 if servable.instant else instance_count(servable.config)
    if count > _MOST_INSTANCES:
        raise ModelLoadError(
            f"instance_group asks for {count} instances; at most {_MOST_INSTANCES} are made"
        )
    made: list[Instance] = []
    try:
        for index in range(count):
            made.append(servable.make_instance(index))  # noqa: PERF401 - kept for the clean-up
    except BaseException:
        _close_all(made)
        servable.close()
        raise
    return tuple(made)


def _close_all(instances: Sequence[Instance]) -> None:
    for instance in instances:
        instance.close()

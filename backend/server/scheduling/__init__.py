"""From a queue to an instance and back: order, batches, sequences, statistics."""

from backend.server.scheduling.execution import explained, failure_of
from backend.server.scheduling.job_queue import full
from backend.server.scheduling.jobs import NO_TERMS, Job, SingleJob, StreamJob, Terms
from backend.server.scheduling.mailbox import Mailbox
from backend.server.scheduling.request_queue import BeingUnloaded
from backend.server.scheduling.scheduler import QUEUE_LIMIT, Scheduler
from backend.server.scheduling.serial_executor import QUICK_BYTES, SerialExecutor
from backend.server.scheduling.statistics import Failure, ModelMetrics, ResponseKind, Statistics

__all__ = [
    "NO_TERMS",
    "QUEUE_LIMIT",
    "QUICK_BYTES",
    "BeingUnloaded",
    "Failure",
    "Job",
    "Mailbox",
    "ModelMetrics",
    "ResponseKind",
    "Scheduler",
    "SerialExecutor",
    "SingleJob",
    "Statistics",
    "StreamJob",
    "Terms",
    "explained",
    "failure_of",
    "full",
]

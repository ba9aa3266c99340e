"""What the window says of a run beside its numbers: messages, notices with ways out, the log."""

from gui.live.notices.log import RunLog
from gui.live.notices.messages import idle_message, run_message
from gui.live.notices.outage import OUTAGE, Outage, outage_of
from gui.live.notices.runs import REQUEST, RunNotices
from gui.live.notices.shortfall import SHORTFALL, ShortfallWatch

__all__ = [
    "OUTAGE",
    "REQUEST",
    "SHORTFALL",
    "Outage",
    "RunLog",
    "RunNotices",
    "ShortfallWatch",
    "idle_message",
    "outage_of",
    "run_message",
]

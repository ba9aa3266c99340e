"""Two sides of one thing: the same samples answered by both, paired, and how far they agree."""

from backend.side_by_side.agreement import Agreement, KindAgreement, agreement
from backend.side_by_side.comparison import Comparison
from backend.side_by_side.pairing import Outcome, Pair
from backend.side_by_side.recorded import recorded_settings
from backend.side_by_side.result import ComparisonResult, figures_of, result_of, row_of
from backend.side_by_side.sides import LiveSide, RecordedSide, Side

__all__ = [
    "Agreement",
    "Comparison",
    "ComparisonResult",
    "KindAgreement",
    "LiveSide",
    "Outcome",
    "Pair",
    "RecordedSide",
    "Side",
    "agreement",
    "figures_of",
    "recorded_settings",
    "result_of",
    "row_of",
]

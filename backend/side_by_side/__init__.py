"""Two sides of one thing: the same samples answered by both, paired, and how far they agree."""

from backend.side_by_side.agreement import Agreement, KindAgreement, agreement
from backend.side_by_side.beside import Collector, RecordedBeside
from backend.side_by_side.comparison import Comparison
from backend.side_by_side.matches import Matches
from backend.side_by_side.pairing import Figures, Outcome, Pair, Pairing, RecordedWhole
from backend.side_by_side.recorded import Place, RecordedAnswers, recorded_settings
from backend.side_by_side.result import ComparisonResult, figures_of, result_of, row_of
from backend.side_by_side.sides import LiveSide, RecordedSide, Side
from backend.side_by_side.statistics import Estimate, median_estimate

__all__ = [
    "Agreement",
    "Collector",
    "Comparison",
    "ComparisonResult",
    "Estimate",
    "Figures",
    "KindAgreement",
    "LiveSide",
    "Matches",
    "Outcome",
    "Pair",
    "Pairing",
    "Place",
    "RecordedAnswers",
    "RecordedBeside",
    "RecordedSide",
    "RecordedWhole",
    "Side",
    "agreement",
    "figures_of",
    "median_estimate",
    "recorded_settings",
    "result_of",
    "row_of",
]

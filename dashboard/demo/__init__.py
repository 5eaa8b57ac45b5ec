"""The demo: a simulated cluster, with the past day as Day Two would have collected it, and months of figures before it.

Figures are put in bulk into the tiers that would hold them by now. Rows and events go through the same writers as a
poll's, at every moment at which something other than a figure had changed: so the demo's history is what collecting would
have left, in seconds.
"""

from dashboard.demo.making import NAME, prepare
from dashboard.demo.past_day import STEP_SECONDS, Watching, write_history

__all__ = ["NAME", "STEP_SECONDS", "Watching", "prepare", "write_history"]

"""What can be done with requests beyond what every ticket knows."""

from .costing import charge_to, end_monthly
from .ordering import Item, place, reorder_data
from .timed import close_due

__all__ = ["Item", "charge_to", "close_due", "end_monthly", "place", "reorder_data"]

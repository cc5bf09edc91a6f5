"""What was asked for: requests with their answers, baskets, and what they cost."""

from .basket import BasketFile, BasketItem
from .costs import Budget, BudgetWarning
from .request import Answer, Order, ServiceRequest

__all__ = ["Answer", "BasketFile", "BasketItem", "Budget", "BudgetWarning", "Order", "ServiceRequest"]

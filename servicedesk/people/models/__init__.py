"""Users, teams, organisations, and the ways in: sessions, tokens, invitations."""

from .absence import Absence, deputies
from .access import ApiToken, Invitation, UserSession
from .cost_centre import CostCentre
from .organisation import Organisation
from .team import Membership, Team
from .user import Role, Theme, User

__all__ = [
    "Absence", "ApiToken", "CostCentre", "Invitation", "Membership", "Organisation", "Role", "Team", "Theme", "User",
    "UserSession", "deputies",
]  # fmt: skip

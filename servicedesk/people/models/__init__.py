"""Users, teams, organisations, and the ways in: sessions, tokens, invitations."""

from .access import ApiToken, Invitation, UserSession
from .organisation import Organisation
from .team import Membership, Team
from .user import Role, Theme, User

__all__ = ["ApiToken", "Invitation", "Membership", "Organisation", "Role", "Team", "Theme", "User", "UserSession"]

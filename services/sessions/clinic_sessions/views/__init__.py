"""What the screens ask for, straight from MongoDB. Never decides."""

from clinic_sessions.views.board import Boards, PastBoard
from clinic_sessions.views.past import Past
from clinic_sessions.views.screens import Views

__all__ = ["Boards", "Past", "PastBoard", "Views"]

"""The board of a place: its cards, the log of what moved, and a hub for all screens there."""

from clinic_sessions.views.board.boards import Boards
from clinic_sessions.views.board.past import PastBoard
from clinic_sessions.views.board.screen import Screen

__all__ = ["Boards", "PastBoard", "Screen"]

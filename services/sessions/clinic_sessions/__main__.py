"""`python -m clinic_sessions [api|worker|all]`"""

from clinic_platform.backbone import main
from clinic_sessions.app import run
from clinic_sessions.settings import Settings

if __name__ == "__main__":
    main("sessions", Settings, run)

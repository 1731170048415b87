"""`python -m clinic_notifications [api|worker|all]`"""

from clinic_notifications.app import run
from clinic_notifications.settings import Settings
from clinic_platform.backbone import main

if __name__ == "__main__":
    main("notifications", Settings, run)

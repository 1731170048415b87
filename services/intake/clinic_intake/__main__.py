"""`python -m clinic_intake [api|worker|all]`"""

from clinic_intake.app import run
from clinic_intake.settings import Settings
from clinic_platform.backbone import main

if __name__ == "__main__":
    main("intake", Settings, run)

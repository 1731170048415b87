"""`python -m clinic_outcomes [api|worker|all]`"""

from clinic_outcomes.app import run
from clinic_outcomes.settings import Settings
from clinic_platform.backbone import main

if __name__ == "__main__":
    main("outcomes", Settings, run)

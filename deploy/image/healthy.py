"""Whether the service in this container is alive, asked on its management port. Code 1 if not."""

import os
import sys
from urllib.error import URLError
from urllib.request import urlopen

settings = os.environ  # noqa: TID251  # runs in the image only, where no settings are needed
port = settings[f"{settings['CLINIC_SERVICE'].upper()}_MANAGEMENT_PORT"]
try:
    urlopen(f"http://127.0.0.1:{port}/health/live", timeout=2).close()  # our own port
except URLError:
    sys.exit(1)

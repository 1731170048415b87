"""What a container runs: the service of its image, with the arguments it was given."""

import os
import runpy

service = os.environ["CLINIC_SERVICE"]  # noqa: TID251  # the image's own, set in the Dockerfile
runpy.run_module(f"clinic_{service}", run_name="__main__", alter_sys=True)

"""What the routes of this service share."""

from typing import Annotated, cast

from fastapi import Depends, Path, Query, Request

from clinic_intake.handlers import Handlers
from clinic_intake.views import Views
from clinic_platform.auth import Caller
from clinic_platform.web import caller


async def _handlers(request: Request) -> Handlers:
    return cast(Handlers, request.app.state.handlers)


async def _views(request: Request) -> Views:
    return cast(Views, request.app.state.views)


Handling = Annotated[Handlers, Depends(_handlers)]
Viewing = Annotated[Views, Depends(_views)]
By = Annotated[Caller, Depends(caller)]
PathId = Annotated[str, Path(max_length=60)]
QueryId = Annotated[str, Query(max_length=60)]

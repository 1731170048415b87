"""What the tools show over HTTP: the letters as JSON and as a page, and the issuer's keys."""

from html import escape

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from clinic_ctl.devtools.mail import Letter, Mailbox
from clinic_ctl.issuer import Issuer

STYLE = """
body {font: 16px/1.5 system-ui, sans-serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem}
article {border: 1px solid #d5dbe3; border-radius: 8px; padding: 1rem; margin: 1rem 0}
h2 {font-size: 1.05rem; margin: 0}
p {margin: .2rem 0; color: #52606f}
pre {white-space: pre-wrap; font: inherit}
"""


def pages(mailbox: Mailbox, issuer: Issuer) -> Starlette:
    async def messages(request: Request) -> Response:
        return JSONResponse(mailbox.to(request.query_params.get("to")))

    async def page(request: Request) -> Response:
        return HTMLResponse(_page(mailbox.letters))

    async def keys(request: Request) -> Response:
        return JSONResponse(issuer.key_set)

    return Starlette(
        routes=[
            Route("/", page),
            Route("/messages", messages),
            Route("/.well-known/jwks.json", keys),
        ]
    )


def _page(letters: list[Letter]) -> str:
    articles = "".join(map(_article, reversed(letters))) or "<p>No letters yet.</p>"
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>Mail</title><style>{STYLE}</style><h1>Mail</h1>{articles}</html>"
    )


def _article(letter: Letter) -> str:
    return (
        f"<article><h2>{escape(letter['subject'])}</h2>"
        f"<p>{escape(', '.join(letter['to']))} · {escape(letter['date'])}</p>"
        f"<pre>{escape(letter['text'])}</pre></article>"
    )

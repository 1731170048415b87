"""A page of a service's own: its files, and the policy that lets exactly its own code run."""

import re
from base64 import b64encode
from dataclasses import dataclass
from hashlib import sha256
from importlib.resources import files
from typing import Final, Self

from starlette.responses import HTMLResponse

PARTS: Final = re.compile(r"\{\{ ([\w.-]+) \}\}")


@dataclass(frozen=True, slots=True)
class StaticPage:
    """`content_policy` names the page's own style and script by their hashes and nothing else."""

    html: str
    content_policy: str

    @classmethod
    def load(cls, package: str, folder: str, name: str) -> Self:
        """`<name>.html` in the package's data folder. Where it has `{{ file }}`, that file is put
        in: the page asks for nothing else, from anywhere."""

        def text(file: str) -> str:
            path = files(package).joinpath("data", folder, file)
            return path.read_text(encoding="utf-8")

        return cls.of(PARTS.sub(lambda part: text(part[1]), text(f"{name}.html")))

    @classmethod
    def of(cls, html: str) -> Self:
        directives = (
            "default-src 'none'",
            f"style-src {_hashes(html, 'style')}",
            f"script-src {_hashes(html, 'script')}",
            "connect-src 'self'",
            "img-src data:",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        )
        return cls(html, "; ".join(directives))

    def answer(self) -> HTMLResponse:
        headers = {"Content-Security-Policy": self.content_policy, "Referrer-Policy": "no-referrer"}
        return HTMLResponse(self.html, headers=headers)


def _hashes(html: str, tag: str) -> str:
    inline = re.findall(rf"<{tag}>(.*?)</{tag}>", html, re.DOTALL)
    digests = (sha256(text.encode()).digest() for text in inline)
    return " ".join(f"'sha256-{b64encode(digest).decode()}'" for digest in digests)

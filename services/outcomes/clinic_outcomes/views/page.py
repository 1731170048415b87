"""The one page patients see: its files, and the policy that lets exactly its own code run."""

import re
from base64 import b64encode
from dataclasses import dataclass
from hashlib import sha256
from importlib.resources import files
from typing import Self


@dataclass(frozen=True, slots=True)
class SurveyPage:
    """`content_policy` names the page's own style and script by their hashes and nothing else."""

    html: str
    content_policy: str

    @classmethod
    def load(cls) -> Self:
        """Style and script are put into the page: it asks for nothing else, from anywhere."""
        html = _text("survey.html")
        for part in ("survey.css", "survey.js"):
            html = html.replace(f"{{{{ {part} }}}}", _text(part))
        return cls.of(html)

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


def _text(name: str) -> str:
    path = files("clinic_outcomes").joinpath("data", "page", name)
    return path.read_text(encoding="utf-8")


def _hashes(html: str, tag: str) -> str:
    inline = re.findall(rf"<{tag}>(.*?)</{tag}>", html, re.DOTALL)
    digests = (sha256(text.encode()).digest() for text in inline)
    return " ".join(f"'sha256-{b64encode(digest).decode()}'" for digest in digests)

"""Lists in pages: a limit, an opaque cursor, and whether there is more."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, TypeVar

from fastapi import Query

from clinic_platform.problems import Fault, UnreadableRequest

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page:
    """The page asked for: `page: Annotated[Page, Depends()]`. Sort by one unique key.

    `after` is opaque to the caller; `key` is what is in it: the last item's key, or None at the
    beginning. Fetch `fetch` items: the one too many shows whether there is more.
    """

    limit: Annotated[int, Query(ge=1, le=100)] = 50
    after: Annotated[str | None, Query(max_length=400)] = None

    @property
    def fetch(self) -> int:
        return self.limit + 1

    @property
    def key(self) -> str | None:
        """Raises UnreadableRequest when the cursor is not one of ours."""
        if self.after is None:
            return None
        try:
            return urlsafe_b64decode(self.after.encode("ascii")).decode()
        except ValueError:
            fault = Fault("/after", "cursor", "This is not a cursor that was given out.")
            raise UnreadableRequest([fault]) from None


def page_of(items: Sequence[T], page: Page, key: Callable[[T], str]) -> dict[str, object]:
    """The page, of up to `page.fetch` items that come after `page.key`."""
    shown = list(items[: page.limit])
    has_more = len(items) > page.limit
    after = urlsafe_b64encode(key(shown[-1]).encode()).decode() if has_more else None
    return {"items": shown, "has_more": has_more, "after": after}

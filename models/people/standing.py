"""Where somebody serves on a day: at their own posts, and at those of whom they stand in for.

Whoever stands in for a dispatcher dispatches meanwhile, if they work for the same vendor. Which
posts that are stands in the deputy's own record, so that an access token tells it without a read.
"""

from __future__ import annotations

from datetime import date
from typing import Final

from models.base.roles import Role
from models.base.store import Document

AT_VENDOR: Final = {Role.TECHNICIAN, Role.DISPATCHER, Role.SUPPLIER}
LENT: Final = {Role.DISPATCHER}


def standing_in(person: Document, day: date | None) -> list[Document]:
    """The deputyships of a person that are in force on `day`."""
    on = day.isoformat() if day else ""
    return [each for each in person.get("stands_in", ()) if each["from"] <= on <= each["to"]]


def posts_of(person: Document, role: Role) -> list[str]:
    """Where somebody who still belongs here serves in this role."""
    if not person["active"] or role.value not in person["roles"]:
        return []
    return [post["at"] for post in person["posts"] if post["role"] == role.value]


def lent(absent: Document, deputy: Document) -> list[Document]:
    """The posts of `absent` that pass to this deputy for as long as that lasts."""
    posts = [post for post in absent["posts"] if post["role"] in LENT]
    held = [post for post in posts if post["role"] in absent["roles"]]
    return [post for post in held if post["at"] in _vendors(deputy)]


def posts_on(person: Document, day: date | None) -> list[Document]:
    """Their own posts, and those they are lent on `day`, as far as they still work there."""
    entries = standing_in(person, day)
    others = [post for each in entries for post in each.get("posts", ())]
    known = [*person["posts"], *(post for post in others if post["at"] in _vendors(person))]
    return [post for number, post in enumerate(known) if post not in known[:number]]


def roles_on(person: Document, day: date | None) -> list[str]:
    """Their own roles, and those of the posts they are lent on `day`."""
    others = [post["role"] for post in posts_on(person, day) if post not in person["posts"]]
    return list(dict.fromkeys([*person["roles"], *others]))


def _vendors(person: Document) -> set[str]:
    """For whom somebody works."""
    return {
        post["at"]
        for post in person["posts"]
        if post["role"] in AT_VENDOR and post["role"] in person["roles"]
    }

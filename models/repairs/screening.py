"""Free text that others will read is shown to WeChat first, as a mini-program must."""

from __future__ import annotations

import asyncio
import logging
from typing import Final

from models.base.context import Context
from models.base.ports import PortError
from models.people import PEOPLE
from models.repairs.refusals import TextRefused

log = logging.getLogger(__name__)

COMMENT: Final = 2  # the scene of WeChat's check
LONGEST: Final = 2500  # characters that it takes at once


async def screen(ctx: Context, *texts: str | None) -> None:
    """Raises TextRefused where WeChat refuses one of the texts.

    Whoever has bound no account has nobody to be asked in the name of. Where WeChat is down the
    text passes: a leak is not left running for that.
    """
    said = "\n".join(text for text in texts if text and text.strip())
    if not said:
        return
    person = await ctx.store.get_together(PEOPLE, ctx.actor.id)
    openid = person.get("openid") if person else None
    if not openid:
        return
    parts = [said[start : start + LONGEST] for start in range(0, len(said), LONGEST)]
    try:
        passed = await asyncio.gather(
            *(ctx.house.ports.wechat.check_text(openid, part, COMMENT) for part in parts)
        )
    except PortError as fault:
        log.info("a text was not checked: %s", fault)
        return
    if not all(passed):
        raise TextRefused

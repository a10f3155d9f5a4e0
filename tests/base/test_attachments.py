"""Files of orders: whose they are, who may name them, who sees them."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from models import files
from models.base import orders
from models.base import workflow as wf
from models.base.attachments import FILES, Attaching, FileUnknown, TooManyFiles, with_files
from models.base.context import Context, House
from models.base.decisions import Found
from models.base.errors import NotFound, Refusal
from models.base.shapes import Input
from models.base.store import Store
from models.base.transitions import transition
from models.base.workflow import Draft, Effect, Order, Placement, Transition, Workflow
from server.adapters.files import StoredFiles
from tests.machinery import a_context, a_house
from tests.recordings import m4a

ANN, BOB = "per_ann", "per_bob"


class Album(Input):
    pictures: list[str] = []
    voices: list[str] = []
    seen_by: tuple[str, ...] = ("p:per_ann",)


async def draft(ctx: Context, body: Album) -> Draft:
    naming = Attaching(ctx.actor.id, orders.id_of(ctx), body.pictures, body.voices)

    def decide(found: Found, now: datetime) -> Placement:
        updates = naming.updates(found, now)
        data = {"pictures": body.pictures}
        return Placement(
            state="open", owner=ctx.actor.id, data=data, seen_by=body.seen_by, updates=updates
        )

    return Draft(lookups=naming.lookups, decide=decide)


async def add(ctx: Context, order: Order, body: Album) -> Effect:
    effect = Effect(fields={"seen_by": list(body.seen_by)})
    return with_files(ctx, order, effect, body.pictures, body.voices)


wf.declare(
    Workflow(
        kind="album",
        service="albums",
        title="相册",
        starts=("open",),
        finals=("open",),
        draft=draft,
        body=Album,
        show=lambda ctx, order: order["data"],
        transitions=(
            Transition(
                name="add", source=("open",), target="open", by=(wf.owner,), summary="Add.",
                needs=Album, rule=add,
            ),
        ),
    )
)  # fmt: skip


class Campus:
    """A house that keeps files, with a picture and a recording to upload."""

    def __init__(self, store: Store, folder: Path) -> None:
        self.house: House = a_house(store)
        self.store = store
        self.kept = StoredFiles(store, self.house.clock)
        object.__setattr__(self.house.ports, "files", self.kept)
        self.picture, self.voice = folder / "picture", folder / "voice"
        content = BytesIO()
        Image.new("RGB", (8, 8)).save(content, "PNG")
        self.picture.write_bytes(content.getvalue())
        self.voice.write_bytes(m4a(3))
        self.keys = iter(range(10_000))

    async def photo(self, who: str = ANN) -> str:
        return (await files.upload_photo(a_context(self.house, who), self.picture)).id

    async def album(self, who: str = ANN, **body: Any) -> Order:
        ctx = a_context(self.house, who, f"album-{next(self.keys):016}")
        return await orders.place(ctx, "album", Album(**body))

    async def add(self, order: Order, **body: Any) -> Order:
        ctx = a_context(self.house, ANN, if_match=order["version"])
        return await transition(ctx, order["_id"], "add", Album(**body))

    async def sees(self, who: str, file_id: str) -> bool:
        try:
            await files.shown(a_context(self.house, who), file_id)
        except NotFound:
            return False
        return True


@pytest.fixture
def campus(store: Store, tmp_path: Path) -> Any:
    made = Campus(store, tmp_path)
    yield made
    made.kept.close()


async def test_an_upload_is_its_uploaders_alone_until_an_order_names_it(campus: Campus) -> None:
    photo = await campus.photo()
    assert (await campus.sees(ANN, photo), await campus.sees(BOB, photo)) == (True, False)
    order = await campus.album(pictures=[photo], seen_by=("p:per_bob", "p:per_ann"))
    assert (await campus.sees(ANN, photo), await campus.sees(BOB, photo)) == (True, True)
    await campus.add(order, seen_by=("p:per_bob",))
    assert (await campus.sees(ANN, photo), await campus.sees(BOB, photo)) == (False, True)


async def test_a_later_step_names_files_too_and_those_it_has_may_be_named_again(
    campus: Campus,
) -> None:
    first, second = await campus.photo(), await campus.photo()
    voice = (await files.upload_voice(a_context(campus.house, ANN), campus.voice)).id
    order = await campus.album(pictures=[first])
    order = await campus.add(order, pictures=[first, second, second], voices=[voice])
    for file_id in (first, second, voice):
        file = await campus.store.get(FILES, file_id)
        assert file is not None
        assert (file["order"], file["by"], file["seen_by"]) == (order["_id"], ANN, [])
        assert "until" not in file


async def test_what_is_anothers_or_named_elsewhere_or_of_another_kind_cannot_be_named(
    campus: Campus,
) -> None:
    mine, anothers = await campus.photo(), await campus.photo(BOB)
    voice = (await files.upload_voice(a_context(campus.house, ANN), campus.voice)).id
    taken = await campus.photo()
    order = await campus.album(pictures=[taken])
    before = await campus.store.find(FILES, {})
    for wrong in (anothers, taken, voice, "img_0000000000000000"):
        with pytest.raises(FileUnknown):
            await campus.album(pictures=[mine, wrong])
    with pytest.raises(FileUnknown):
        await campus.add(await campus.album(), pictures=[mine, anothers])
    with pytest.raises(FileUnknown):
        await campus.add(order, voices=[mine])
    assert await campus.store.find(FILES, {}) == before


async def test_of_many_orders_that_name_a_file_at_once_one_has_it(campus: Campus) -> None:
    photo = await campus.photo()
    race = [campus.album(pictures=[photo]) for _ in range(5)]
    results = await asyncio.gather(*race, return_exceptions=True)
    won = [each for each in results if not isinstance(each, BaseException)]
    assert [type(each) for each in results if isinstance(each, BaseException)] == [FileUnknown] * 4
    file = await campus.store.get(FILES, photo)
    assert file is not None
    assert [order["_id"] for order in won] == [file["order"]]
    assert await campus.store.count("orders", {}) == 1


async def test_the_same_request_again_names_nothing_twice(campus: Campus) -> None:
    photo = await campus.photo()
    ctx = a_context(campus.house, ANN, "the-same-key-0001")
    first = await orders.place(ctx, "album", Album(pictures=[photo]))
    assert await orders.place(ctx, "album", Album(pictures=[photo])) == first


async def test_an_order_takes_nine_pictures_of_one_person(campus: Campus) -> None:
    photos = [await campus.photo() for _ in range(10)]
    order = await campus.album(pictures=photos[:5])
    with pytest.raises(TooManyFiles) as caught:
        await campus.add(order, pictures=photos[5:])
    assert caught.value.facts == {"most": 9}
    order = await campus.add(order, pictures=photos[5:9])
    with pytest.raises(TooManyFiles):
        await campus.add(order, pictures=photos[9:])


async def test_what_no_order_has_named_goes_after_a_day(campus: Campus) -> None:
    named, forgotten = await campus.photo(), await campus.photo()
    await campus.album(pictures=[named])
    campus.house.clock.forward(hours=24)  # type: ignore[attr-defined]
    with pytest.raises(FileUnknown):
        await campus.album(pictures=[forgotten])
    assert await files.sweep(campus.house) == 0  # somebody may be naming it in this moment
    campus.house.clock.forward(hours=1)  # type: ignore[attr-defined]
    assert await files.sweep(campus.house) == 1
    assert [file["_id"] for file in await campus.store.find(FILES, {})] == [named]
    assert [file["_id"] for file in await campus.store.find("contents.files", {})] == [named]


async def test_a_person_uploads_so_much_a_day(
    campus: Campus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "PHOTOS_A_DAY", 2)
    monkeypatch.setattr(files, "VOICES_A_DAY", 1)
    ctx = a_context(campus.house, ANN)
    await files.upload_voice(ctx, campus.voice)
    await asyncio.gather(campus.photo(), campus.photo())
    for act in (campus.photo(), files.upload_voice(ctx, campus.voice)):
        with pytest.raises(Refusal) as caught:
            await act
        assert caught.value.code == "too-many-requests"
        assert timedelta(seconds=caught.value.retry_after or 0) == timedelta(hours=15)
    assert await campus.store.count(FILES, {}) == 3
    await campus.photo(BOB)

"""Who may see a file."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from models import files
from models.base.clock import system_clock
from models.base.errors import NotFound
from models.base.store import Store
from models.base.visibility import EVERYBODY
from server.adapters.files import StoredFiles
from tests.machinery import a_context, a_house, fake_ports


async def test_a_file_exists_only_for_those_who_may_see_it(store: Store, tmp_path: Path) -> None:
    Image.new("RGB", (8, 8), "red").save(tmp_path / "dish.png")
    kept = StoredFiles(store, system_clock)
    own = await kept.store_image(tmp_path / "dish.png", 8, ["p:per_ann"])
    common = await kept.store_image(tmp_path / "dish.png", 8, [EVERYBODY])
    ports = fake_ports(files=kept)
    house = a_house(store, ports=ports)
    ann, bob = a_context(house, "per_ann"), a_context(house, "per_bob")
    assert (await files.shown(ann, own)).media_type == "image/jpeg"
    assert (await files.shown(bob, common)).media_type == "image/jpeg"
    for hidden in (own, "img_0000000000000000"):
        with pytest.raises(NotFound):
            await files.shown(bob, hidden)
    kept.close()

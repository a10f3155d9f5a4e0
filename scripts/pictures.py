"""`make pictures`: draw the pictures of the README anew, from the client as it runs.

They show a house of its own, always on the same Monday morning: what people see there is what they
and others did in it. The files in docs/pictures are as wide as the phone, 390 pixels, in a palette.
"""

from __future__ import annotations

import io
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import xlsxwriter
from PIL import Image

from scripts import client
from scripts.campus import Answer, Campus, sitting_at
from scripts.demo_people import name_of, phone_of
from scripts.phone import Phone, chromium, film, new_phone, signed_in
from scripts.processes import Failed
from scripts.staged import stage
from server.embedded import DatabaseUnusable
from server.settings import REPOSITORY

FOLDER: Final = REPOSITORY / "docs" / "pictures"
WIDTH: Final = 390
COLOURS: Final = 200
MOST_BYTES: Final = 120 * 1024
SCREEN: Final = {"width": WIDTH, "height": 780}  # taller than in a browser: as the mini-program
TO_TOP: Final = "scrollTo(0, each.getBoundingClientRect().top + scrollY - 190)"
LUNCHES: Final = {"11:20": 38, "11:40": 64, "12:00": 45, "12:20": 22}  # ordered by others today
ROOM: Final = "room_a201"
HALL: Final = "room_a401"  # on approval
GUESTS: Final = (
    ("李玥", 0, "09:00-11:00", "年度审计进场"),
    ("王喆", 0, "14:00-15:30", "系统对接"),
    ("欧阳静", 1, "09:30-10:30", "档案查阅"),
    ("赵若溪", 2, "15:00-16:00", "志愿服务对接"),
    ("陈昇", 3, "10:00-12:00", "设备巡检"),
)  # name, days ahead, from-to, purpose
ROSTER: Final = (
    ("工号", "姓名", "手机", "单位", "角色", "状态"),
    ("S2101", "欧阳一帆", "13800192101", "财政局", "职工", ""),
    ("S2102", "司徒清和", "13800192102", "财政局", "职工", ""),
    ("S2103", "上官云舒", "13800192103", "大数据管理局", "职工", ""),
    ("S0077", name_of("S0077"), phone_of("S0077"), "审计局", "职工", ""),
    ("S0156", "", "", "", "", "离职"),
)


class Studio:
    """The house, and the phones of those who are drawn."""

    def __init__(self, campus: Campus, phones: Callable[[str], Phone], camera: Path) -> None:
        self.campus = campus
        self.phones = phones
        self.camera = camera

    def draw(self) -> None:
        """Draw everything, in the order in which it happens."""
        self._crowd()
        code = self._eater()
        self._counter(code)
        self._offer()
        self._manager()
        self._meeting()
        self._desk()
        self._visitors()

    def _crowd(self) -> None:
        """Others order today's lunch, each with two dishes."""
        today = self.campus.day()
        number = 200
        for starts, people in LUNCHES.items():
            sitting = sitting_at(today, starts)
            dishes = self.campus.dishes(today, sitting)
            for each in range(people):
                wanted = (dishes[each % 4], dishes[4 + each % 3])
                chosen = [{"dish_id": dish["id"], "count": 1} for dish in wanted]
                self.campus.order(f"S{number:04}", sitting, dishes=chosen)
                number += 1

    def _eater(self) -> bytes:
        """Ordering, the order with its code (which is returned as a picture), and home."""
        phone = self.phones("S0042")
        phone.open("meals/order")
        phone.tap(f"sitting-{sitting_at(self.campus.day(), '11:40')}")
        more = phone.page.locator('[data-testid^="dish-"] [data-testid="more"]')
        for dish in (0, 4):
            more.nth(dish).click()
        phone.page.evaluate("scrollTo(0, 0)")
        keep(phone, "order-lunch")
        phone.page.get_by_text("荤菜", exact=True).evaluate(f"each => {TO_TOP}")
        keep(phone, "order-dishes")
        phone.tap("submit")
        phone.find("qr").wait_for()
        keep(phone, "order-page")
        code = phone.find("qr").screenshot()
        phone.open("home/home")
        phone.find("today").wait_for()
        keep(phone, "home")
        return code

    def _counter(self, code: bytes) -> None:
        """The counter after a scan, what to cook, and the week's menu."""
        phone = self.phones("C0001")
        phone.open("canteen/redeem")
        film(code, self.camera)
        phone.tap("scan")
        phone.find("redeem-name").wait_for()
        keep(phone, "redeem")
        phone.open("canteen/cook")
        phone.tap(f"desk-sitting-{sitting_at(self.campus.day(), '11:40')}")
        phone.find("cook-list").wait_for()
        keep(phone, "cook-list")
        phone.open("canteen/menus")
        phone.find("publish").wait_for()
        keep(phone, "menu")
        phone.tap(f"menu-{self.campus.day(1)}")
        phone.find("save-day").wait_for()
        keep(phone, "menu-day")

    def _offer(self) -> None:
        """What somebody who waited is asked, once another has cancelled."""
        campus, sitting = self.campus, sitting_at(self.campus.day(1), "12:20")
        campus.ask("C0001", "PUT", f"/meals/sittings/{sitting}", {"capacity": 1})
        given_up = campus.order("S0161", sitting)
        campus.order("S0162", sitting, wait=True)
        campus.ask("S0161", "POST", f"/meals/{given_up['id']}/cancel")
        campus.told("S0162", "空位")
        phone = self.phones("S0162")
        phone.open("inbox/inbox")
        phone.tap("tab-waiting")
        phone.page.get_by_text("等待您处理").wait_for()
        keep(phone, "inbox")
        phone.page.get_by_text("等待您处理").click()
        phone.find("act-accept").wait_for()
        keep(phone, "offer")

    def _manager(self) -> None:
        """A roster looked through before it is imported."""
        phone = self.phones("A0001")
        phone.open("manager/roster")
        with phone.page.expect_file_chooser() as chooser:
            phone.tap("roster-choose")
        chooser.value.set_files(_roster(self.camera.parent / "花名册.xlsx"))
        phone.find("roster-preview").wait_for()
        keep(phone, "import")

    def _meeting(self) -> None:
        """Finding a room, a day of all rooms, and the meeting with its tea."""
        phone = self.phones("S0042")
        phone.open("meetings/home")
        phone.tap(f"day-{self.campus.day(1)}")
        phone.page.locator('[data-testid^="room-"]').first.wait_for()
        keep(phone, "rooms")
        phone.tap("tab-grid")
        phone.find("grid").wait_for()
        keep(phone, "grid")
        meeting = self._book("S0042", ROOM, ("09:00", "10:30"), "年度预算协调会", 12)
        phone.open(f"orders/detail?id={meeting['id']}")
        phone.page.get_by_text("茶水").first.wait_for()
        keep(phone, "meeting")

    def _desk(self) -> None:
        """What meeting services see before they approve."""
        asked = self._book("S0051", HALL, ("14:00", "16:00"), "档案工作培训", 80)
        self._book("S0101", HALL, ("15:00", "17:00"), "青年理论学习", 60)
        phone = self.phones("M0001")
        phone.open(f"desk/requests?id={asked['id']}")
        phone.find("rivals").wait_for()
        keep(phone, "approval")
        phone.open("desk/day")
        phone.find("day-sheet").wait_for()
        keep(phone, "day-sheet")

    def _visitors(self) -> None:
        """Who is coming to somebody, and what a visitor sees: no account, only the link."""
        visits = [self._invite("S0042", *each) for each in GUESTS]
        host = self.phones("S0042")
        host.open("visitors/home")
        host.find(f"order-{visits[0]['id']}").wait_for()
        keep(host, "visitors")
        host.tap(f"order-{visits[0]['id']}")
        host.find("qr").wait_for()
        keep(host, "visit")
        visitor = self.phones("")
        visitor.page.goto(visitor.house.server + visits[0]["data"]["link"])
        visitor.tap("agree")
        visitor.tap("fill")
        visitor.find("qr").wait_for()
        visitor.page.evaluate("scrollTo(0, 0)")
        keep(visitor, "pass")

    def _invite(self, host: str, name: str, ahead: int, times: str, purpose: str) -> Answer:
        """Somebody invited for a morning or an afternoon, so many days ahead."""
        starts, ends = (f"{self.campus.day(ahead)}T{time}:00+08:00" for time in times.split("-"))
        body = {"visitor": {"name": name}, "starts_at": starts, "ends_at": ends, "gate": "gate_1"}
        return self.campus.ask(host, "POST", "/visitors", body | {"purpose": purpose})

    def _book(
        self, owner: str, room: str, times: tuple[str, str], subject: str, people: int
    ) -> Answer:
        """A meeting four weeks on, where the demo's own leave the rooms free."""
        day = self.campus.day(28)
        starts, ends = (f"{day}T{time}:00+08:00" for time in times)
        body = {"room_id": room, "starts_at": starts, "ends_at": ends, "subject": subject}
        tea = {"service": "tea", "quantity": people}
        plates = {"service": "name_plates", "quantity": 2, "items": ["王主任", "李处长"]}
        return self.campus.ask(
            owner, "POST", "/meetings", body | {"attendees": people, "services": [tea, plates]}
        )


def keep(phone: Phone, name: str) -> None:
    """Write what the phone shows once it stands still. Raises `Failed` where that is too large."""
    phone.page.wait_for_load_state("networkidle")
    phone.page.locator("uni-toast").wait_for(state="hidden")
    shown = Image.open(io.BytesIO(phone.page.screenshot(animations="disabled"))).convert("RGB")
    height = round(shown.height * WIDTH / shown.width)
    small = shown.resize((WIDTH, height), Image.Resampling.LANCZOS)
    path = FOLDER / f"{name}.png"
    small.quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)
    size = path.stat().st_size
    if size > MOST_BYTES:
        raise Failed(f"{path.name} has {size} bytes; at most {MOST_BYTES} are wanted.")
    print(f"{path.relative_to(REPOSITORY)}: {size // 1024} KB", flush=True)


def _roster(path: Path) -> Path:
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate(ROSTER):
            sheet.write_row(number, 0, row)
    return path


@contextmanager
def studio() -> Iterator[Studio]:
    """A house and a browser, for the while."""
    folder = Path(tempfile.mkdtemp(prefix="qinejia-"))
    camera = folder / "camera.mjpeg"
    try:
        with stage(folder) as house, chromium(camera) as (browser, device):
            campus = Campus(house)

            def phones(employee_no: str) -> Phone:
                kept = signed_in(house, campus.sign_in(employee_no)) if employee_no else {}
                return new_phone(browser, device | {"viewport": SCREEN} | kept, house)

            yield Studio(campus, phones, camera)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def main() -> int:
    FOLDER.mkdir(parents=True, exist_ok=True)
    try:
        client.build("h5")
        with studio() as ready:
            ready.draw()
    except (Failed, DatabaseUnusable) as fault:
        print(fault, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

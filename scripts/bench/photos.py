"""Twenty photos of 4 MB uploaded at once, while other people read and order lunch.

The server works on two at a time; the rest wait, and nobody else should notice.
"""

from __future__ import annotations

import re
from concurrent.futures import Future, ThreadPoolExecutor
from io import BytesIO
from itertools import chain
from pathlib import Path
from typing import Final

from PIL import Image

from scripts.bench.asking import Phones
from scripts.bench.figures import AT_MOST, Line, Target, emit, latencies
from scripts.bench.load import Request, Run, drive
from scripts.bench.proc import load_average
from scripts.bench.rush import WrongAnswer
from scripts.bench.stage import Meter, Server, Stage, folder, stage
from scripts.bench.templates import Scale, Template

LAG: Final = Target("photos", "loop_lag_p99_ms", AT_MOST, 50)
OTHERS: Final = Target("photos", "others_p99_ms", AT_MOST, 250)
PHOTO: Final = (4000, 3000)  # pixels, as of a phone
PHOTO_BYTES: Final = 4 * 1024 * 1024
OTHERS_AT_ONCE: Final = 8
BATCH: Final = 40  # requests of the others between two looks at the uploads
PAUSE: Final = 0.05  # seconds each of the others rests before its next request
_LAGS: Final = re.compile(r'^event_loop_lag_seconds_bucket\{le="([^"]+)"\} ([0-9.e+]+)$', re.M)


def photos(template: Template, scale: Scale) -> list[Line]:
    """How late the server's event loop woke, and how long others waited."""
    with folder() as place:
        photo = _photo(place)
        rounds = [_round(template, scale, photo, n) for n in range(1, scale.rounds + 1)]
    return [
        LAG.judged([lag for lag, _ in rounds]),
        OTHERS.judged([others for _, others in rounds]),
    ]


def _photo(place: Path) -> Path:
    """A JPEG with as much detail as makes it 4 MB."""
    width, height = PHOTO
    noise = Image.effect_noise((width // 4, height // 4), 90).resize(PHOTO)
    picture = Image.merge("RGB", [noise, noise.transpose(Image.Transpose.ROTATE_180), noise])
    picture.paste(Image.effect_noise((width, height // 3), 40), (0, 0))
    for quality in range(95, 30, -3):
        content = BytesIO()
        picture.save(content, "JPEG", quality=quality)
        if content.tell() <= PHOTO_BYTES:
            break
    path = place / "photo.jpg"
    path.write_bytes(content.getvalue().ljust(PHOTO_BYTES, b"\0"))
    return path


def _round(template: Template, scale: Scale, photo: Path, number: int) -> tuple[float, float]:
    """The lag and the others' time that all but one in a hundred stayed below, ms."""
    with stage(template) as fresh, ThreadPoolExecutor(1) as beside:
        phones = Phones(fresh.settings, template)
        asked = phones.photos(photo, scale.uploads)
        others = _others(phones, template, scale)
        drive(fresh.ports, OTHERS_AT_ONCE, phones.reads(BATCH, BATCH))
        load, meter, before = load_average(), Meter(fresh), _lags(fresh.servers[0])
        uploading = beside.submit(drive, fresh.ports, scale.uploads, asked)
        ms = _until_done(fresh, uploading, others)
        run, lag = uploading.result(), _p99(before, _lags(fresh.servers[0]))
        costs = meter.per(scale.uploads)
    if {answer.status for answer in run.answers} != {201}:
        raise WrongAnswer(f"a photo was refused: {run.bodies}")
    times = {f"others_{name}": value for name, value in latencies(ms).items()}
    line = {"leg": "photos", "side": f"{scale.uploads} at once", "seconds": run.seconds}
    line |= {"loop_lag_p99_ms": lag, **times, "other_requests": len(ms)}
    line |= {"server_cpu_ms_per_photo": costs["server_cpu_ms_per_order"]}
    line |= {"server_memory_mb": costs["server_memory_mb"]}
    emit({**line, "round": number, "load_average": load})
    return lag, times["others_p99_ms"]


def _others(phones: Phones, template: Template, scale: Scale) -> list[Request]:
    """Reads and orders in turns."""
    orders = phones.orders(template.quiet, scale.people)
    reads = phones.reads(len(orders), len(orders))
    return list(chain.from_iterable(zip(reads, orders, strict=True)))


def _until_done(fresh: Stage, uploading: Future[Run], others: list[Request]) -> list[float]:
    """What the others waited while photos were uploaded, ms each."""
    ms: list[float] = []
    while not uploading.done() and len(ms) + BATCH <= len(others):
        run = drive(fresh.ports, OTHERS_AT_ONCE, others[len(ms) : len(ms) + BATCH], PAUSE)
        if any(answer.status >= 500 for answer in run.answers):
            raise WrongAnswer(f"others were turned away: {run.bodies}")
        ms += [answer.ms for answer in run.answers]
    return ms


def _lags(server: Server) -> dict[float, float]:
    """How often the loop woke at most so late, in seconds."""
    return {float(bound): float(count) for bound, count in _LAGS.findall(server.metrics())}


def _p99(before: dict[float, float], after: dict[float, float]) -> float:
    """The bound of the histogram that 99 of a hundred wakes since stayed below, ms."""
    since = {bound: after[bound] - before[bound] for bound in after}
    total = since[float("inf")]
    return min(bound for bound, count in since.items() if count >= 0.99 * total) * 1000

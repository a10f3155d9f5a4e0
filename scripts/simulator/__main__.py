"""Run the simulator until it is asked to stop."""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
from pathlib import Path

from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets

from scripts.simulator.app import build
from scripts.simulator.templates import DEMO_TEMPLATES
from scripts.simulator.world import Credentials, World


def main() -> int:
    """Returns the exit code: 0 after a clean stop, 1 where the port is taken."""
    options = _options()
    world = World(_credentials(options))
    kept = options.data / "sent.json" if options.data else None
    if kept:
        kept.parent.mkdir(parents=True, exist_ok=True)
        world.load(kept)
    try:
        asyncio.run(_serve(world, options.port))
    except OSError as fault:
        print(f"The simulator cannot listen on port {options.port}: {fault.strerror}.")
        return 1
    if kept:
        world.save(kept)
    return 0


def _options() -> argparse.Namespace:
    demo = Credentials()
    told = os.environ.get
    parser = argparse.ArgumentParser(prog="python -m scripts.simulator", description=__doc__)
    parser.add_argument("--port", type=int, default=8090, help="0 takes a free one")
    parser.add_argument("--data", type=Path, help="folder to keep what was sent in")
    parser.add_argument("--appid", default=told("WECHAT_APPID", demo.appid))
    parser.add_argument("--app-secret", default=told("WECHAT_SECRET", demo.app_secret))
    key_id, secret = demo.access_key_id, demo.access_key_secret
    parser.add_argument("--access-key-id", default=told("SMS_ACCESS_KEY_ID", key_id))
    parser.add_argument("--access-key-secret", default=told("SMS_ACCESS_KEY_SECRET", secret))
    parser.add_argument("--sign-name", default=told("SMS_SIGN_NAME", demo.sign_name))
    parser.add_argument("--pool-key", default=told("CALLS_POOL_KEY", demo.pool_key))
    parser.add_argument("--sms-template", action="append", default=[], metavar="CODE=TEXT")
    return parser.parse_args()


def _credentials(options: argparse.Namespace) -> Credentials:
    more = dict(one.split("=", 1) for one in options.sms_template)
    return Credentials(
        appid=options.appid,
        app_secret=options.app_secret,
        access_key_id=options.access_key_id,
        access_key_secret=options.access_key_secret,
        sign_name=options.sign_name,
        pool_key=options.pool_key,
        templates={**DEMO_TEMPLATES, **more},
    )


async def _serve(world: World, port: int) -> None:
    sockets = bind_sockets(port, "127.0.0.1")
    server = HTTPServer(build(world))
    server.add_sockets(sockets)
    stop = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    print(f"listening on http://127.0.0.1:{sockets[0].getsockname()[1]}", flush=True)
    await stop.wait()
    server.stop()
    await server.close_all_connections()


if __name__ == "__main__":
    sys.exit(main())

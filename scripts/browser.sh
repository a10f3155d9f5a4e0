#!/bin/sh
# browser.sh: Chromium and a Chinese font, for the browser tests.
set -eu
missing=
command -v chromium >/dev/null || command -v chromium-browser >/dev/null || missing="chromium"
if ! command -v fc-list >/dev/null; then
    missing="$missing fontconfig fonts-wqy-microhei"
elif [ -z "$(fc-list :lang=zh)" ]; then
    missing="$missing fonts-wqy-microhei"
fi
# shellcheck disable=SC2086 - several words are meant
[ -z "$missing" ] || sh scripts/apt.sh $missing

#!/bin/sh
# apt.sh PACKAGE...: install Debian packages where this user may, or say the one command that does.
set -eu
if [ "$(id -u)" = 0 ]; then
    as=
elif command -v sudo >/dev/null && { sudo -n true 2>/dev/null || [ -t 0 ]; }; then
    as=sudo
else
    as=no
fi
if [ "$as" = no ] || ! command -v apt-get >/dev/null; then
    echo "Missing on this machine: $*. Type: sudo apt-get install $*" >&2
    exit 1
fi
echo "system packages: installing $*"
export DEBIAN_FRONTEND=noninteractive
{ $as apt-get update -qq && $as apt-get install -qq -y --no-install-recommends "$@"; } >/dev/null || {
    echo "These could not be installed: $*. Type: sudo apt-get install $*" >&2
    exit 1
}

#!/bin/sh
# Avahi as an independent reader of mDNS: starts it on a host of a network lab, where /run is this script's own, and
# prints what it sees of every service there is, as it appears (+), is resolved (=) and goes (-).
set -e
mount -t tmpfs tmpfs /run
mkdir /run/dbus
cat > /run/avahi.conf <<'END'
[server]
host-name=reader
use-ipv4=yes
use-ipv6=no
allow-interfaces=eth0
[publish]
disable-publishing=yes
END
# Both return when they can be asked: the file of a socket is there before somebody listens on it.
dbus-daemon --system --fork --nopidfile --address=unix:path=/run/dbus/system_bus_socket
avahi-daemon --daemonize --file /run/avahi.conf --no-drop-root --no-chroot
exec avahi-browse --all --resolve --parsable --no-db-lookup

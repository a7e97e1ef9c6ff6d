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
dbus-daemon --system --nofork --nopidfile --address=unix:path=/run/dbus/system_bus_socket &
until [ -S /run/dbus/system_bus_socket ]; do sleep 0.05; done
avahi-daemon --file /run/avahi.conf --no-drop-root --no-chroot &
until [ -S /run/avahi-daemon/socket ]; do sleep 0.05; done
exec avahi-browse --all --resolve --parsable --no-db-lookup

/**
 * What would help, by code, in words for the person. They name no command: how a remedy is done differs from app to app.
 */
export const REMEDIES = Object.freeze({
  'add-observer':
    'Use a relay that tells devices their outside address: a relay of Bowline, or one with QUIC address discovery.',
  'allow-udp':
    'Allow outgoing UDP to any port, in packets of 1,280 bytes, in the firewall of that device and of its network; nothing needs to be opened from outside.',
  'open-port-mapping':
    'Switch on port mapping (UPnP or NAT-PMP) in that router, or forward the UDP port of the device.',
  'switch-off-port-mapping': 'Switch off UPnP in that router, or have it close the port.',
  'use-ipv6': 'Give both networks IPv6: it needs no address translation.',
  'disable-isolation':
    'Switch off client isolation (guest network, "AP isolation") in the router, or move both devices to one network.',
  'allow-local-udp': 'Allow incoming UDP for Bowline in the firewall of that device.',
  'allow-tcp':
    'Allow incoming TCP for Bowline in the firewall of one of the two devices: what carries much is many times as fast then.',
  'bind-everywhere': 'Let the device use all its network interfaces instead of this machine alone.',
  'wait-a-moment': 'Wait a few seconds: a direct path is still being looked for.',
  'nearer-relay': 'Choose the nearer relay as home on both devices.',
  'raise-budget': "Raise the day's limit for relays, or wait until the day (UTC) is over.",
  'check-network': 'Connect this device to a network.',
  'check-dns': 'Check the name server of this network, and how the relays are spelt: their names are not found.',
  'check-spelling': 'Check how the relay is spelt: other names are found on this network.',
  'check-internet':
    'Check the internet connection here, and whether this network lets devices out through a proxy alone.',
  'check-gateway':
    'Check the gateway of this network, and give the network addresses of the kind that the relays have (IPv4, IPv6).',
  'open-captive-page':
    'Open a page in a browser and sign in to this network, which answers in the place of the relays.',
  'check-proxy':
    'Check that the proxy runs, that its address is right and holds the user and password it may ask for (http://USER:PASSWORD@HOST:PORT), and that it lets the relay through.',
  'check-relay-token': 'Check the token for this relay, and whether its operator lets this device in.',
  'check-relay-certificate': 'Check the certificate of the relay and the clock of this device.',
  'renew-relay-certificate': 'Have the operator of the relay renew its certificate, or use another relay.',
  'check-relay':
    'Check that the relay runs and its web server passes WebSockets on, or choose another one on both devices.',
  'configure-their-relay': 'Configure that relay, or its token, on this device too.',
  'enable-relays': 'Allow relays, so that the devices find each other across the internet.',
  'permit-relays': 'Let that device be reached through relays, in its permissions here.',
  'same-network': 'Bring both devices onto one network.',
  'switch-on-peer': 'Switch the other device on, wake it, connect it to a network, or start Bowline there anew.',
  'pair-again': 'Pair the two devices again.',
  'update-older': 'Update Bowline on the device with the older release.',
  'use-newer-copy': 'Run only the newer copy of the data of this device, or pair the two again.',
  'end-one-copy': 'End one of the two copies that run with the same identity; the other one is connected again then.',
  'use-https-relays':
    'Where there is no second copy, use relays over https: over http whoever is on the way can log in again and again.',
  'relieve-line':
    'See what else fills the lines of the two devices, or which of them is slow by nature (radio, satellite, a throttled contract).',
  'steady-line':
    'Use a cable in the place of radio, or come nearer to the access point; see what else fills the lines of the two devices, and let their routers keep queues short (SQM), where they can.',
  'reduce-load': 'Give that device less to do; its timers fire late.',
  'free-disk': 'Make room on the disk of that device.',
  'check-mdns': 'Allow multicast DNS (UDP port 5353) on this network and this device.',
  'give-lan-addresses':
    'Give this network IPv4 addresses or unique local IPv6 ones (fd…), as most routers do: nothing connects over link-local ones (fe80::…).',
  'free-mdns-port':
    'End the program on this device that keeps UDP port 5353 (multicast DNS) to itself, or let it share the port.',
  'start-anew': 'Wait a minute: parts that end are started again. If it stays so, start this device anew.',
  'report-it': 'It runs on. If it happens again and again, report it, with what the log says and a support bundle.',
  'set-clock': 'Set the clock of this machine, best by a time server.',
  'try-later': 'Try again later.',
});

export type RemedyCode = keyof typeof REMEDIES;

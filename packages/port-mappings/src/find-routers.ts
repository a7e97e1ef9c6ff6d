import { createSocket } from 'node:dgram';
import { addressScopeOf } from '@bowline/contracts';

/** Where devices on a network are searched (UPnP Device Architecture 2.0 section 1.3.2). */
const GROUP = { address: '239.255.255.250', port: 1_900 } as const;

/** The question iroh asks as well, so that the same routers answer. */
const QUESTION = [
  'M-SEARCH * HTTP/1.1',
  `HOST: ${GROUP.address}:${GROUP.port}`,
  'MAN: "ssdp:discover"',
  'MX: 1',
  'ST: urn:schemas-upnp-org:device:InternetGatewayDevice:1',
  '\r\n',
].join('\r\n');

/** Answers looked into; a network has one router, seldom two. */
const MAX_ROUTERS = 4;

/** Longest URL that is followed, characters. */
const MAX_LOCATION_CHARACTERS = 512;

/**
 * Searches routers that speak UPnP, and tells where each describes itself, until the signal aborts or enough have answered.
 * Never rejects: without a network nobody answers.
 */
export const findRouters = (onRouter: (location: URL) => void, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const socket = createSocket({ type: 'udp4', reuseAddr: true });
    const found = new Set<string>();
    let isOver = false;
    const end = (): void => {
      if (isOver) return;
      isOver = true;
      signal.removeEventListener('abort', end);
      socket.close();
      resolve();
    };
    socket.on('error', end);
    socket.on('message', (packet, { address }) => {
      const location = locationOf(packet.toString('latin1'), address);
      if (isOver || location === undefined || found.has(location.href)) return;
      found.add(location.href);
      onRouter(location);
      if (found.size >= MAX_ROUTERS) end();
    });
    if (signal.aborted) return end();
    signal.addEventListener('abort', end, { once: true });
    socket.bind(0, () => {
      if (!isOver) socket.send(QUESTION, GROUP.port, GROUP.address, (error) => error !== null && end());
    });
  });

/** Where a packet leads. Only to who sent it, and only on this network: anybody can send one. */
export const locationOf = (packet: string, source: string): URL | undefined => {
  if (!/^HTTP\/1\.[01] 200/.test(packet)) return undefined;
  const text = /^location:[ \t]*(\S+)[ \t]*\r?$/im.exec(packet)?.[1] ?? '';
  const url = text.length > MAX_LOCATION_CHARACTERS ? null : URL.parse(text);
  if (url === null || url.protocol !== 'http:' || url.hostname !== source) return undefined;
  const scope = addressScopeOf(source);
  return scope === 'private' || scope === 'link' || scope === 'machine' ? url : undefined;
};

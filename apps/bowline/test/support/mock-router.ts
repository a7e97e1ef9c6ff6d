/**
 * A home router as far as it opens ports for those inside: `node mock-router.ts ADDRESS [upnp] [nat-pmp] [pcp] [external=ADDRESS]`.
 * Every request is a JSON line: what was asked, and which ports are open afterwards. With an external address it is the router of a
 * network lab, and ports that UPnP opens are open.
 */
import { execFileSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { createServer } from 'node:http';

const [address = '', ...spoken] = process.argv.slice(2);
const ownAddress = spoken.flatMap((each) => /^external=(.+)$/.exec(each)?.slice(1) ?? [])[0];
const EXTERNAL_ADDRESS = ownAddress ?? '203.0.113.7';
const HTTP_PORT = 5_000;
const open = new Map<number, string>();
let lastNumber = 0;

const tell = (asked: string, details: Readonly<Record<string, unknown>> = {}): void => {
  lastNumber += 1;
  process.stdout.write(
    `${JSON.stringify({ number: lastNumber, asked, ...details, open: Object.fromEntries(open) })}\n`,
  );
};

const nft = (rules: string): void => void execFileSync('nft', ['-f', '-'], { input: rules });

/** Lets in, by the kernel's translation, what comes for the ports that are open. */
const forward = (): void => {
  if (ownAddress === undefined) return;
  const rules = [...open].map(([port, known]) => `iifname "wan" udp dport ${port} dnat to ${known.split(' ')[1]};`);
  nft(`table ip opened {}
delete table ip opened
table ip opened { chain arriving { type nat hook prerouting priority -100; ${rules.join(' ')} }; }`);
};
if (ownAddress !== undefined) nft('insert rule inet firewall passing iifname "wan" ct status dnat accept');

const speakUpnp = (): void => {
  const search = createSocket({ type: 'udp4', reuseAddr: true });
  search.on('message', (packet, from) => {
    const text = packet.toString();
    if (!text.startsWith('M-SEARCH')) return;
    tell('ssdp');
    const target = /^st: *(.*?)\r?$/im.exec(text)?.[1] ?? '';
    const answer = [
      'HTTP/1.1 200 OK',
      'CACHE-CONTROL: max-age=60',
      `LOCATION: http://${address}:${HTTP_PORT}/root.xml`,
      `ST: ${target}`,
      `USN: uuid:router::${target}`,
      '\r\n',
    ];
    search.send(answer.join('\r\n'), from.port, from.address);
  });
  search.bind(1_900, () => search.addMembership('239.255.255.250', address));

  createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += String(chunk);
    });
    request.on('end', () => {
      response.setHeader('content-type', 'text/xml');
      if (request.method !== 'POST') return response.end(request.url === '/root.xml' ? ROOT : SCPD);
      const action = /#(\w+)/.exec(String(request.headers.soapaction))?.[1] ?? '';
      const field = (name: string): string => new RegExp(`<${name}[^>]*>([^<]*)<`).exec(body)?.[1] ?? '';
      const port = Number(field('NewExternalPort'));
      const fault = (code: number): void => {
        response.statusCode = 500;
        response.end(
          `<?xml version="1.0"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><s:Fault><faultcode>s:Client</faultcode><faultstring>UPnPError</faultstring><detail><UPnPError xmlns="urn:schemas-upnp-org:control-1-0"><errorCode>${code}</errorCode><errorDescription>no</errorDescription></UPnPError></detail></s:Fault></s:Body></s:Envelope>`,
        );
      };
      let result = '';
      if (action === 'AddPortMapping') {
        open.set(port, `upnp ${field('NewInternalClient')}:${field('NewInternalPort')}`);
        forward();
        tell('add', { port, leaseSeconds: Number(field('NewLeaseDuration')) });
      } else if (action === 'AddAnyPortMapping') {
        open.set(port, `upnp ${field('NewInternalClient')}:${field('NewInternalPort')}`);
        forward();
        tell('add', { port, leaseSeconds: Number(field('NewLeaseDuration')) });
        result = `<NewReservedPort>${port}</NewReservedPort>`;
      } else if (action === 'DeletePortMapping') {
        const isKnown = open.delete(port);
        forward();
        tell('delete', { port });
        if (!isKnown) return fault(714);
      } else if (action === 'GetExternalIPAddress') {
        tell('external-address');
        result = `<NewExternalIPAddress>${EXTERNAL_ADDRESS}</NewExternalIPAddress>`;
      } else if (action === 'GetSpecificPortMappingEntry') {
        const known = open.get(port);
        tell('entry', { port });
        if (known === undefined) return fault(714);
        const [client = '', inside = ''] = known.split(' ')[1]?.split(':') ?? [];
        result = `<NewInternalPort>${inside}</NewInternalPort><NewInternalClient>${client}</NewInternalClient><NewEnabled>1</NewEnabled><NewPortMappingDescription>x</NewPortMappingDescription><NewLeaseDuration>1</NewLeaseDuration>`;
      } else {
        tell(`unknown ${action}`);
        return fault(401);
      }
      response.end(
        `<?xml version="1.0"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><u:${action}Response xmlns:u="urn:schemas-upnp-org:service:WANIPConnection:1">${result}</u:${action}Response></s:Body></s:Envelope>`,
      );
    });
  }).listen(HTTP_PORT, address);
};

const SERVICE = 'urn:schemas-upnp-org:service:WANIPConnection:1';

const ROOT = `<?xml version="1.0"?><root xmlns="urn:schemas-upnp-org:device-1-0"><specVersion><major>1</major><minor>0</minor></specVersion><device><deviceType>urn:schemas-upnp-org:device:InternetGatewayDevice:1</deviceType><UDN>uuid:router</UDN><deviceList><device><deviceType>urn:schemas-upnp-org:device:WANDevice:1</deviceType><UDN>uuid:wan</UDN><deviceList><device><deviceType>urn:schemas-upnp-org:device:WANConnectionDevice:1</deviceType><UDN>uuid:connection</UDN><serviceList><service><serviceType>${SERVICE}</serviceType><serviceId>urn:upnp-org:serviceId:WANIPConn1</serviceId><SCPDURL>/scpd.xml</SCPDURL><controlURL>/control</controlURL><eventSubURL>/events</eventSubURL></service></serviceList></device></deviceList></device></deviceList></device></root>`;

const argument = (name: string): string =>
  `<argument><name>${name}</name><direction>in</direction><relatedStateVariable>A</relatedStateVariable></argument>`;

const action = (name: string, ...names: readonly string[]): string =>
  `<action><name>${name}</name><argumentList>${names.map(argument).join('')}</argumentList></action>`;

const SCPD = `<?xml version="1.0"?><scpd xmlns="urn:schemas-upnp-org:service-1-0"><actionList>${[
  action(
    'AddPortMapping',
    'NewRemoteHost',
    'NewExternalPort',
    'NewProtocol',
    'NewInternalPort',
    'NewInternalClient',
    'NewEnabled',
    'NewPortMappingDescription',
    'NewLeaseDuration',
  ),
  action('DeletePortMapping', 'NewRemoteHost', 'NewExternalPort', 'NewProtocol'),
  action('GetExternalIPAddress'),
].join('')}</actionList></scpd>`;

/** Ports of NAT-PMP and PCP are told apart by the version (RFC 6886, RFC 6887). */
const speakNatPmp = (): void => {
  const socket = createSocket('udp4');
  let epoch = 1;
  socket.on('message', (packet, from) => {
    const [version = 0, operation = 0] = packet;
    const answer = (bytes: Buffer): void => socket.send(bytes, from.port, from.address);
    epoch += 1;
    if (version === 2) {
      tell(`pcp ${operation === 0 ? 'announce' : 'map'}`, operation === 1 ? { lifetime: packet.readUInt32BE(4) } : {});
      if (!spoken.includes('pcp')) return answer(Buffer.from([0, 128 + operation, 0, 1, 0, 0, 0, epoch]));
      const reply = Buffer.alloc(packet.length);
      packet.copy(reply);
      reply[1] = 128 + operation;
      reply.writeUInt32BE(epoch, 8);
      reply.fill(0, 12, 24);
      reply[3] = 0;
      if (operation === 1) {
        const port = packet.readUInt16BE(40);
        const lifetime = packet.readUInt32BE(4);
        if (lifetime === 0) open.delete(port);
        else open.set(port, `pcp ${from.address}:${port}`);
        reply.writeUInt16BE(port, 42);
        Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 203, 0, 113, 7]).copy(reply, 44);
        tell('pcp mapped', { port, lifetime });
      }
      return answer(reply);
    }
    if (!spoken.includes('nat-pmp')) return tell('nat-pmp unanswered');
    if (operation === 0) {
      tell('nat-pmp address');
      return answer(Buffer.from([0, 128, 0, 0, 0, 0, 0, epoch, 203, 0, 113, 7]));
    }
    const inside = packet.readUInt16BE(4);
    const lifetime = packet.readUInt32BE(8);
    if (lifetime === 0) open.delete(inside);
    else open.set(inside, `nat-pmp ${from.address}:${inside}`);
    tell(lifetime === 0 ? 'nat-pmp delete' : 'nat-pmp add', { port: inside, leaseSeconds: lifetime });
    const reply = Buffer.alloc(16);
    reply[1] = 128 + operation;
    reply.writeUInt32BE(epoch, 4);
    reply.writeUInt16BE(inside, 8);
    reply.writeUInt16BE(lifetime === 0 ? 0 : inside, 10);
    reply.writeUInt32BE(lifetime, 12);
    answer(reply);
  });
  socket.bind(5_351, address);
};

if (spoken.includes('upnp')) speakUpnp();
speakNatPmp();
tell('ready');

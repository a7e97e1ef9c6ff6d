import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { type ClosePortInput, closePort } from '../src/index.ts';

const SERVICE = 'urn:schemas-upnp-org:service:WANIPConnection:1';
const ENTRY = '<NewInternalPort>4001</NewInternalPort><NewInternalClient>192.168.1.10</NewInternalClient>';
const error = (code: number): readonly [number, string] => [500, `<errorCode>${code}</errorCode>`];

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

/** A router that answers each action by script; what it was asked is kept. */
const router = async (answers: Readonly<Record<string, readonly [status: number, body: string]>>) => {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += String(chunk);
    });
    request.on('end', () => {
      const action = String(request.headers.soapaction).split('#')[1]?.replace('"', '') ?? '';
      asked.push(`${action} ${/<NewExternalPort>(\d+)</.exec(body)?.[1]}`);
      const [status, text] = answers[action] ?? error(401);
      response.statusCode = status;
      response.end(text);
    });
  });
  servers.push(server);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  return { asked, control: { url: `http://127.0.0.1:${port}/control`, serviceType: SERVICE } };
};

const close = async (answers: Parameters<typeof router>[0], overrides: Partial<ClosePortInput> = {}) => {
  const { asked, control } = await router(answers);
  const input = { externalPort: 5_000, internalPort: 4_001, localIps: ['192.168.1.10'], control, ...overrides };
  const { outcome, detail } = await closePort(input, { signal: new AbortController().signal });
  return { asked, outcome, detail };
};

describe('a port at a router', () => {
  it('is closed where it leads to this machine', async () => {
    expect(await close({ GetSpecificPortMappingEntry: [200, ENTRY], DeletePortMapping: [200, ''] })).toEqual({
      asked: ['GetSpecificPortMappingEntry 5000', 'DeletePortMapping 5000'],
      outcome: 'closed',
      detail: '',
    });
  });

  it.each([
    ['another machine', { localIps: ['192.168.1.11'] }],
    ['another port of it', { internalPort: 4_002 }],
  ])('is left alone where it leads to %s', async (_where, overrides) => {
    expect(await close({ GetSpecificPortMappingEntry: [200, ENTRY] }, overrides)).toEqual({
      asked: ['GetSpecificPortMappingEntry 5000'],
      outcome: 'absent',
      detail: '',
    });
  });

  it('is not asked for again where it is not open', async () => {
    const { asked, outcome } = await close({ GetSpecificPortMappingEntry: error(714) });
    expect([asked.length, outcome]).toEqual([1, 'absent']);
  });

  it('that is not closed is told with what the router said', async () => {
    expect(await close({ GetSpecificPortMappingEntry: [200, ENTRY], DeletePortMapping: error(606) })).toMatchObject({
      outcome: 'refused',
      detail: 'status 500, error 606',
    });
  });

  it('of a router that is gone, or says too much, is nobody’s', async () => {
    const control = { url: 'http://127.0.0.1:9/control', serviceType: SERVICE };
    expect(await close({}, { control })).toMatchObject({ outcome: 'noRouter', detail: 'it could not be asked' });
    const huge = await close({ GetSpecificPortMappingEntry: [200, 'x'.repeat(300_000)] });
    expect(huge).toMatchObject({ outcome: 'noRouter', detail: 'the answer is too large' });
  });
});

import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { MAX_BODY_BYTES } from '../src/read-json-body.ts';
import { startedInspector } from './inspected-pair.ts';
import { playedHost } from './played-host.ts';

const post = async (
  url: string,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<IncomingMessage> => {
  const asked = request(url, { method: 'POST', headers: { 'content-type': 'application/json', ...headers } });
  onTestFinished(() => void asked.destroy());
  asked.on('error', () => undefined);
  asked.end(body);
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  response.on('error', () => undefined);
  return response.setEncoding('utf8');
};

const jsonOf = async (response: IncomingMessage) => JSON.parse((await response.toArray()).join(''));

/** A page of a played host, as far as the server sees it. */
const arrange = async () => {
  const { host, tell } = playedHost(1);
  const { url, openUrl } = await startedInspector(host);
  const opened = await post(`${url}api/session`, JSON.stringify({ token: openUrl().split('#')[1] }));
  const { session } = await jsonOf(opened);
  const authorization = { authorization: `Bearer ${session}` };
  const open = async (body: object) => {
    const response = await post(`${url}api/events`, JSON.stringify(body), authorization);
    let text = '';
    response.on('data', (chunk: string) => {
      text += chunk;
    });
    /** The blocks that came, once there is one that contains this. */
    const until = async (needle: string): Promise<readonly string[]> => {
      while (!text.includes(needle)) await once(response, 'data');
      return text.split('\n\n').filter((block) => block.includes('event: told') || block.includes('event: begun'));
    };
    return { response, until };
  };
  return { url, authorization, tell, open };
};

const told = (cause: string) => ({ event: 'network.changed', cause }) as never;

it('sends a page that was cut off what it missed, once, and says where something is missing', async () => {
  const { tell, open } = await arrange();
  const first = await open({});
  tell(told('one'));
  const [, last = ''] = await first.until('"one"');
  const after = /^id: (.*)$/m.exec(last)?.[1];
  first.response.destroy();
  tell(told('two'));
  const second = await open({ after });
  tell(told('three'));
  const blocks = await second.until('"three"');
  expect(blocks.map((block) => /isWhole":(true|false)|cause":"(\w+)/.exec(block)?.slice(1).find(Boolean))).toEqual([
    'true',
    'two',
    'three',
  ]);
  const foreign = await open({ after: 'another-run-1' });
  expect((await foreign.until('event: begun'))[0]).toContain('"isWhole":false');
});

it('lets go of a page that reads nothing, goes on without it, and takes it back', async () => {
  const { url, authorization, tell, open } = await arrange();
  const { hostname, port } = new URL(url);
  const deaf = connect(Number(port), hostname);
  onTestFinished(() => void deaf.destroy());
  deaf.on('error', () => undefined);
  const body = '{}';
  deaf.write(
    `POST /api/events HTTP/1.1\r\nhost: ${hostname}:${port}\r\ncontent-type: application/json\r\n` +
      `authorization: ${authorization.authorization}\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
  );
  await once(deaf, 'readable');
  // Far more than the system holds for a socket by itself.
  for (let n = 0; n < 400; n += 1) {
    tell(told('x'.repeat(65_536)));
    await new Promise((resolve) => setImmediate(resolve));
  }
  let heardBytes = 0;
  deaf.on('data', (chunk: Uint8Array) => {
    heardBytes += chunk.byteLength;
  });
  await once(deaf, 'close');
  expect(heardBytes).toBeLessThan(16_000_000);
  const again = await open({ after: 'what-it-heard-last' });
  tell(told('afterwards'));
  const [begun, next] = await again.until('"afterwards"');
  expect(begun).toContain('"isWhole":false');
  expect(next).toContain('"afterwards"');
});

it('answers a body that is too long instead of dropping it, however it comes', async () => {
  const { url, authorization } = await arrange();
  for (const headers of [{}, { 'transfer-encoding': 'chunked' }]) {
    const response = await post(`${url}api/do/check`, ' '.repeat(3 * MAX_BODY_BYTES), { ...authorization, ...headers });
    expect([response.statusCode, (await jsonOf(response)).error.code]).toEqual([400, 'UNREADABLE']);
  }
});

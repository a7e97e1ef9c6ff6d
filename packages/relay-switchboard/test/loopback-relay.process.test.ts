import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import {
  encodeClientAuth,
  encodeDatagramToRelay,
  encodePing,
  endpointKeyOf,
  NO_CONTENT_CHALLENGE_HEADER,
  NO_CONTENT_RESPONSE_HEADER,
  RELAY_SUBPROTOCOLS,
  signChallenge,
} from '@bowline/relay-protocol';
import { freePort } from '@bowline/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { type SwitchboardHarness, settingsOf, startedSwitchboard, urlFor } from './support/test-device.ts';

let switchboard: SwitchboardHarness;
let loopbackUrl: string;
let port: number;
let sockets: WebSocket[];

beforeEach(async () => {
  sockets = [];
  switchboard = await startedSwitchboard();
  ({ loopbackUrl, port } = await switchboard.client.request('listen', { port: 0 }));
});

afterEach(async () => {
  for (const socket of sockets) socket.terminate();
  await switchboard.actor.stop();
});

const open = (protocols: readonly string[] = RELAY_SUBPROTOCOLS): WebSocket => {
  const socket = new WebSocket(`${loopbackUrl.replace('http', 'ws')}relay`, [...protocols]);
  sockets.push(socket);
  return socket;
};

const nextFrame = async (socket: WebSocket): Promise<Buffer> => {
  const [frame] = (await once(socket, 'message')) as [Buffer];
  return frame;
};

/** Logs in as a key; resolves with the answer of the relay. */
const logIn = async (secretKey: Uint8Array, signAs = secretKey): Promise<{ socket: WebSocket; answer: Buffer }> => {
  const socket = open();
  const challenge = await nextFrame(socket);
  const { signature } = signChallenge(signAs, challenge.subarray(1));
  socket.send(encodeClientAuth({ endpointKey: endpointKeyOf(secretKey), signature }));
  return { socket, answer: await nextFrame(socket) };
};

const admitted = async (): Promise<Uint8Array> => {
  const secretKey = Uint8Array.from(randomBytes(32));
  await switchboard.client.request('admit', { secretKey });
  return secretKey;
};

describe('the loopback relay', () => {
  it('answers the probes of an endpoint', async () => {
    expect((await fetch(`${loopbackUrl}ping`)).status).toBe(200);
    const portal = await fetch(`${loopbackUrl}generate_204`, { headers: { [NO_CONTENT_CHALLENGE_HEADER]: 'ts_x' } });
    expect([portal.status, portal.headers.get(NO_CONTENT_RESPONSE_HEADER)]).toEqual([204, 'response ts_x']);
    expect((await fetch(`${loopbackUrl}anything`)).status).toBe(404);
  });

  it('admits a key of this device that is proven', async () => {
    const { answer, socket } = await logIn(await admitted());
    expect([...answer]).toEqual([2]);
    socket.send(encodePing(new Uint8Array(8).fill(3)));
    expect([...(await nextFrame(socket))]).toEqual([10, 3, 3, 3, 3, 3, 3, 3, 3]);
  });

  it('denies a key that is not of this device', async () => {
    const { answer, socket } = await logIn(Uint8Array.from(randomBytes(32)));
    expect(answer[0]).toBe(3);
    await once(socket, 'close');
  });

  it('denies a key of this device that is claimed and not proven', async () => {
    const { answer } = await logIn(await admitted(), Uint8Array.from(randomBytes(32)));
    expect(answer[0]).toBe(3);
  });

  it('ends the login of a dismissed key, and admits it no more', async () => {
    const secretKey = await admitted();
    const { socket } = await logIn(secretKey);
    const { endpointId } = await switchboard.client.request('admit', { secretKey });
    const closed = once(socket, 'close');
    await switchboard.client.request('dismiss', { endpointId });
    await closed;
    expect((await logIn(secretKey)).answer[0]).toBe(3);
  });

  it('serves the newest login of a key', async () => {
    const secretKey = await admitted();
    const { socket: older } = await logIn(secretKey);
    const closed = once(older, 'close');
    await logIn(secretKey);
    await closed;
  });

  it.each([
    ['no sub-protocol it speaks', () => open(['something-else'])],
    ['another path', () => new WebSocket(`${loopbackUrl.replace('http', 'ws')}elsewhere`)],
  ])('refuses an upgrade with %s', async (_what, connect) => {
    const [error] = (await once(connect(), 'error')) as [Error];
    expect(error.message).toMatch(/40[04]/);
  });

  it.each([
    ['a text message', 'hello'],
    ['a frame of an unknown type', Uint8Array.of(200, 1, 2)],
    ['an empty frame', new Uint8Array(0)],
    ['a datagram shorter than its header', Uint8Array.of(4, 1, 2)],
    ['a frame beyond the limit', new Uint8Array(70_000).fill(4)],
  ])('ends a login that sends %s', async (_what, message) => {
    const { socket } = await logIn(await admitted());
    const closed = once(socket, 'close');
    socket.send(message);
    await closed;
  });

  it('takes a datagram for a peer though there is no relay', async () => {
    const { socket } = await logIn(await admitted());
    const datagram = { endpointKey: new Uint8Array(32), ecn: 0, segmentBytes: null, contents: new Uint8Array(10) };
    socket.send(encodeDatagramToRelay(datagram));
    socket.send(encodePing(new Uint8Array(8)));
    expect((await nextFrame(socket))[0]).toBe(10);
  });

  it('is not kept from an endpoint by others that never finish their login', async () => {
    const idle = Array.from({ length: 80 }, () => open());
    await Promise.all(idle.slice(-40).map((socket) => nextFrame(socket)));
    expect([...(await logIn(await admitted())).answer]).toEqual([2]);
  });

  it('holds few connections of programs that say nothing, and always one more of an endpoint', async () => {
    const silent = Array.from({ length: 800 }, () => connect(port, '127.0.0.1').on('error', () => undefined));
    await Promise.all(silent.slice(0, 250).map((socket) => once(socket, 'close')));
    const { answer, socket } = await logIn(await admitted());
    expect([...answer]).toEqual([2]);
    for (const idle of silent) idle.destroy();
    socket.send(encodePing(new Uint8Array(8).fill(3)));
    expect((await nextFrame(socket))[0]).toBe(10);
  });
});

describe('a loopback relay whose port is held by somebody else', () => {
  const holder = createServer({ pauseOnConnect: true });
  let held: number;
  let other: SwitchboardHarness;

  beforeEach(async () => {
    other = await startedSwitchboard();
    holder.removeAllListeners('connection').on('connection', (socket) => other.actor.accept?.(socket));
    holder.listen(0, '127.0.0.1');
    await once(holder, 'listening');
    held = (holder.address() as AddressInfo).port;
  });

  afterEach(async () => {
    for (const socket of sockets) socket.terminate();
    await other.actor.stop();
    holder.close();
  });

  const logInThere = async (): Promise<Buffer> => {
    const secretKey = Uint8Array.from(randomBytes(32));
    await other.client.request('admit', { secretKey });
    ({ loopbackUrl } = await other.client.request('serve', { port: held }));
    return (await logIn(secretKey)).answer;
  };

  it('serves what it is handed, as if it listened', async () => {
    expect([...(await logInThere())]).toEqual([2]);
    await expect(other.client.request('serve', { port: held + 1 })).rejects.toMatchObject({
      code: 'SWITCHBOARD_LISTENING',
    });
  });

  it('ends what it is handed too early', async () => {
    const early = connect(held, '127.0.0.1');
    await once(early.resume(), 'close');
  });

  it('keeps a login while its endpoint may still connect again: until that has left, or for two seconds', async () => {
    await logInThere();
    const [endpoint] = sockets.slice(-1);
    const stopped = other.actor.stop();
    const stays = await Promise.race([stopped.then(() => 'stopped'), fetch(`${loopbackUrl}ping`).then(() => 'serves')]);
    expect(stays).toBe('serves');
    endpoint?.terminate();
    await stopped;
  });
});

describe('listening', () => {
  it('keeps to the port it was given, and tells it again', async () => {
    expect(await switchboard.client.request('listen', { port })).toEqual({ loopbackUrl, port });
    expect(await switchboard.client.request('listen', { port: 0 })).toEqual({ loopbackUrl, port });
    await expect(switchboard.client.request('listen', { port: port === 1_024 ? 1_025 : 1_024 })).rejects.toMatchObject({
      code: 'SWITCHBOARD_LISTENING',
    });
  });

  it('says when the port is taken, and can be asked again', async () => {
    const taken = await freePort('tcp');
    const other = createServer().listen(taken, '127.0.0.1');
    await once(other, 'listening');
    const second = await startedSwitchboard();
    await expect(second.client.request('listen', { port: taken })).rejects.toMatchObject({
      code: 'SWITCHBOARD_PORT_TAKEN',
    });
    other.close();
    await once(other, 'close');
    expect((await second.client.request('listen', { port: taken })).port).toBe(taken);
    await second.actor.stop();
  });

  it('is over after stop, which can be repeated', async () => {
    await switchboard.actor.stop();
    await switchboard.actor.stop();
    await expect(fetch(`${loopbackUrl}ping`)).rejects.toThrow();
  });
});

describe('a relay that turns out to be the switchboard itself', () => {
  it('is refused by name', async () => {
    await expect(
      switchboard.client.request('configureRelays', { relays: settingsOf(urlFor(loopbackUrl)) }),
    ).rejects.toMatchObject({ code: 'SWITCHBOARD_RELAY_LOOP' });
  });
});

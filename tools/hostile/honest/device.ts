/** One honest device as a process of its own: a host of `@bowline/host`, driven by its parent over IPC. */
import { createHash, randomBytes } from 'node:crypto';
import {
  BowlineError,
  brandAs,
  type ConfirmationPolicy,
  type DeviceId,
  errorMessage,
  type HostEvent,
  type HostStatus,
  type PairingFailureCode,
  type PairingSessionId,
} from '@bowline/contracts';
import { createHost, type HostOptions, type Paired, PairingFailedError, type PairingSession } from '@bowline/host';
import { createLogger } from '@bowline/logging';
import { pushCalls } from './push-calls.ts';

/** How a pairing ended. */
export type PairingEnd =
  | ({ readonly kind: 'paired' } & Pick<Paired, 'via' | 'path' | 'elapsedMs' | 'discoveredMs'> & {
        readonly deviceName: string;
      })
  | { readonly kind: 'failed'; readonly code: PairingFailureCode; readonly reason: string };

/** Kept of what the host told, newest last. */
const MAX_EVENTS = 2_000;

const host = createHost(JSON.parse(process.argv[2] ?? '') as HostOptions, {
  logger: createLogger({ level: 'error' }),
  workerLogLevel: 'error',
});
const sessions = new Map<string, PairingSession>();
const events: HostEvent[] = [];
host.onAny((event) => {
  events.push(event);
  if (events.length > MAX_EVENTS) events.shift();
});

/** Memory held on purpose, to see that it is seen. */
let ballast: Buffer | null = null;

const sessionOf = (sessionId: string): PairingSession => {
  const session = sessions.get(sessionId);
  if (session === undefined) throw new Error(`no session ${sessionId}`);
  return session;
};

const calls = {
  start: async () => {
    await host.start();
    return host.self;
  },
  offer: async (policy: ConfirmationPolicy, ttlMs: number) => {
    const offer = await host.pair({ policy, ttlMs });
    sessions.set(offer.sessionId, offer);
    const { sessionId, words, ticket } = offer;
    return { sessionId, words, ticket };
  },
  join: async (code: string, policy: ConfirmationPolicy) => {
    const join = await host.join(code, { policy });
    sessions.set(join.sessionId, join);
    return join.sessionId;
  },
  ended: async (sessionId: PairingSessionId): Promise<PairingEnd> => {
    try {
      const { via, path, elapsedMs, discoveredMs, device } = await sessionOf(sessionId).paired;
      return { kind: 'paired', via, path, elapsedMs, discoveredMs, deviceName: device.name };
    } catch (error) {
      if (!(error instanceof PairingFailedError)) throw error;
      return { kind: 'failed', code: error.code as PairingFailureCode, reason: error.message };
    } finally {
      sessions.delete(sessionId);
    }
  },
  /** Milliseconds from the call of `join` to `paired`, as an app would see them. */
  timedJoin: async (code: string) => {
    const startedAtMs = performance.now();
    const end = await calls.ended(await calls.join(code, 'accept'));
    return { end, elapsedMs: performance.now() - startedAtMs };
  },
  /** Answers what was asked last. */
  decide: (sessionId: PairingSessionId, accept: boolean) => {
    const asked = events.findLast(
      (event) => event.event === 'pairing.confirmationNeeded' && event.sessionId === sessionId,
    );
    const digits = asked?.event === 'pairing.confirmationNeeded' ? asked.authenticationString : '';
    return sessionOf(sessionId).decide(accept, digits);
  },
  cancel: (sessionId: PairingSessionId) => sessionOf(sessionId).cancel(),
  events: async (): Promise<readonly HostEvent[]> => events,
  forgetEvents: async (): Promise<void> => {
    events.length = 0;
  },
  devices: async () => host.devices().map(({ id, name, endpointId }) => ({ id, name, endpointId })),
  unpair: async (deviceId: string) => {
    const known = host.devices().find(({ id }) => id === deviceId);
    if (known !== undefined) await host.unpair(brandAs<DeviceId>(deviceId));
  },
  ping: (deviceId: string) => host.ping(brandAs<DeviceId>(deviceId)),
  send: async (deviceId: string, text: string): Promise<void> => {
    await host.send(brandAs<DeviceId>(deviceId), text);
  },
  /** Texts that wait to be taken, of one device. */
  inbox: async (deviceId: string): Promise<readonly (string | null)[]> =>
    (await host.messages({ deviceId: brandAs<DeviceId>(deviceId) })).map(({ body }) =>
      typeof body === 'string' ? body : null,
    ),
  /** Takes everything of one device that waits. */
  take: async (deviceId: string): Promise<void> => {
    const messages = await host.messages({ deviceId: brandAs<DeviceId>(deviceId) });
    await host.takeMessages(messages.map(({ position }) => position));
  },
  /** Holds so many bytes of memory, every page of them in use; 0 lets go. */
  hold: async (sizeBytes: number): Promise<number> => {
    ballast = sizeBytes === 0 ? null : Buffer.alloc(sizeBytes, 1);
    return ballast?.length ?? 0;
  },
  /** Serves whoever is paired: takes bytes, and answers with their hash. */
  serveBytes: async (): Promise<void> => {
    await host.unserve('bytes');
    await host.serve(
      'bytes',
      async (stream) => {
        const hash = createHash('sha256');
        for await (const bytes of stream) hash.update(bytes);
        await stream.write(hash.digest());
      },
      { allow: 'paired' },
    );
  },
  /** Sends bytes to the one device there is, and says whether it has them, and what carried them. */
  sendBytes: async (sizeBytes: number) => {
    const [peer] = host.devices();
    if (peer === undefined) throw new Error('no device is paired');
    const stream = await host.device(peer.id).open('bytes');
    const hash = createHash('sha256');
    const piece = randomBytes(1_000_000);
    const transports = new Set<string>();
    for (let left = sizeBytes; left > 0; left -= piece.byteLength) {
      hash.update(piece);
      await stream.write(piece);
      for (const { transport } of await host.streams()) if (transport !== null) transports.add(transport);
    }
    await stream.end();
    const answer: Uint8Array[] = [];
    for await (const bytes of stream) answer.push(bytes);
    return { isWhole: Buffer.concat(answer).equals(hash.digest()), transports: [...transports] };
  },
  ...pushCalls(host),
  status: (): Promise<HostStatus> => host.status(),
  stop: () => host.stop(),
};

/** What the parent may call; every call is answered once. */
export type HonestCalls = typeof calls;

interface Call {
  readonly id: number;
  readonly method: keyof HonestCalls;
  readonly args: readonly unknown[];
}

const run = async ({ method, args }: Call): Promise<unknown> =>
  await (calls[method] as (...given: readonly unknown[]) => Promise<unknown>)(...args);

process.on('message', (call: Call) => {
  run(call).then(
    (result) => process.send?.({ id: call.id, result }),
    (error: unknown) => {
      const code = error instanceof BowlineError ? error.code : 'UNKNOWN';
      process.send?.({ id: call.id, error: `${code}: ${errorMessage(error)}` });
    },
  );
});
// An honest device never outlives the test.
process.on('disconnect', () => process.exit(0));

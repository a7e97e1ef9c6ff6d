import type { Offer, Scene } from '../attack.ts';
import type { Forgery } from '../raw/forged-bytes.ts';
import type { RawConnection, RawEnd } from '../raw/raw-connection.ts';
import type { RawEndpoint, Target } from '../raw/raw-endpoint.ts';

/** Longer than any deadline an honest device gives a stranger. */
const PATIENCE_MS = 15_000;

/** An honest device slows down an endpoint that connects more often than this. */
const CONNECTIONS_PER_ENDPOINT = 6;

/** Assaults under way at once: fewer than an honest device admits, so that none is turned away as too many. */
const WIDTH = 6;

/** Runs `task` for every item, so many at a time. */
export const inParallel = async <T>(
  items: readonly T[],
  width: number,
  task: (item: T, lane: number) => Promise<void>,
): Promise<void> => {
  const left = [...items.entries()];
  const lane = async (index: number): Promise<void> => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) await task(next[1], index);
  };
  await Promise.all(Array.from({ length: width }, (_, index) => lane(index)));
};

export const pause = (durationMs: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, durationMs));

/** The same answer as the promise, or `null` when it takes longer. */
export const inTime = async <T>(promise: Promise<T>, timeoutMs: number): Promise<T | null> => {
  const late = Promise.withResolvers<null>();
  const timer = setTimeout(() => late.resolve(null), timeoutMs);
  try {
    return await Promise.race([promise, late.promise]);
  } finally {
    clearTimeout(timer);
  }
};

/** Waits for the honest side to end a connection, and demands that it ends as allowed and has said nothing. */
export const demandEnd = async (
  { breach, tally }: Scene,
  connection: RawConnection,
  what: string,
  allowed: readonly RawEnd[],
): Promise<void> => {
  const end = await inTime(connection.ended, PATIENCE_MS);
  tally(end ?? 'left open');
  if (connection.frameCount > 0) breach(`${what} was answered`);
  // The datagram with its word was lost on a busy machine; whoever asks again hears that it knows no such connection.
  if (end !== null && (allowed.includes(end) || end === 'reset by peer')) return;
  breach(`${what} ended as ${end ?? 'nothing: left open'}, not as ${allowed.join(' or ')}`);
  connection.close('done');
};

const LOOK_MS = 50;
const LOOKS = 200;

/** Waits until the initiator's person is asked about a joiner; for ten seconds at most. */
export const untilAsked = async ({ initiator }: Scene, { sessionId }: Offer): Promise<void> => {
  const isAsked = async (): Promise<boolean> =>
    (await initiator.call('events')).some(
      (event) => event.event === 'pairing.confirmationNeeded' && event.sessionId === sessionId,
    );
  for (let looks = 0; looks < LOOKS && !(await isAsked()); looks += 1) await pause(LOOK_MS);
};

/** Gives out fresh endpoints, each for a few connections. */
export const crowd = (scene: Scene, options: Parameters<Scene['stranger']>[0] = {}) => {
  let current: RawEndpoint | null = null;
  let uses = 0;
  return async (): Promise<RawEndpoint> => {
    uses += 1;
    if (current === null || uses > CONNECTIONS_PER_ENDPOINT) {
      uses = 1;
      current = await scene.stranger(options);
    }
    return current;
  };
};

/** Sends each forgery on a connection of its own, and demands how it ends. */
export const forgeAll = async (
  scene: Scene,
  target: Target,
  alpn: string,
  forgeries: readonly Forgery[],
  allowed: readonly RawEnd[],
): Promise<void> => {
  const options = target.relayUrl === undefined ? {} : { relayUrl: target.relayUrl };
  const lanes = Array.from({ length: WIDTH }, () => crowd(scene, options));
  await inParallel(forgeries, WIDTH, async ([name, bytes], lane) => {
    if (scene.signal.aborted) return;
    const endpoint = await lanes[lane]?.();
    const connection = await endpoint?.dial(target, alpn);
    if (connection === null || connection === undefined) {
      scene.breach(`${name}: nobody answered the dial`);
      return;
    }
    await connection.write(bytes);
    await demandEnd(scene, connection, `${name} on ${alpn}`, allowed);
  });
};

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodeStreamAnswer,
  decodeStreamHeader,
  encodeStreamFrames,
  encodeStreamHeader,
  type ResumableStream,
  resumableStream,
  type StreamReader,
  streamReader,
} from '../src/index.ts';

const LIMITS = { windowBytes: 65_536, bufferBytes: 4_096, mostBytes: 200_000 };
const STREAM_ID = new Uint8Array(16).fill(7);

/** One direction of one connection: bytes in order, cut off anywhere. */
interface Wire {
  bytes: Uint8Array[];
}

interface Connection {
  readonly forth: Wire;
  readonly back: Wire;
  readonly atOpener: StreamReader;
  readonly atAcceptor: StreamReader;
}

interface Party {
  stream: ResumableStream;
  readonly written: number[];
  readonly read: number[];
  isEndRead: boolean;
  isEnded: boolean;
}

/** Two devices; connections come and go, an old one may still deliver after a new one was begun, and either may start anew. */
const simulate = () => {
  const opener: Party = {
    stream: resumableStream({ kind: 'opener', streamId: STREAM_ID, service: 'x', isResumable: true }, LIMITS),
    written: [],
    read: [],
    isEndRead: false,
    isEnded: false,
  };
  const fresh = (): Party => ({
    stream: resumableStream({ kind: 'acceptor' }, LIMITS),
    written: [],
    read: [],
    isEndRead: false,
    isEnded: false,
  });
  let acceptor: Party | null = null;
  let acceptors = 0;
  let current: Connection | null = null;
  /** What the opener was told: nothing is known of its stream. */
  let isGone = false;
  let hasCrashed = false;
  let acceptorConnection: Connection | null = null;
  let value = 0;

  const flush = (party: Party, wire: Wire): void => {
    for (let frame = party.stream.next(700); frame !== null; frame = party.stream.next(700)) {
      wire.bytes.push(encodeStreamFrames([frame]));
    }
  };
  const connect = (): void => {
    if (isGone) return;
    opener.stream.detach();
    const connection: Connection = {
      forth: { bytes: [] },
      back: { bytes: [] },
      atOpener: streamReader(),
      atAcceptor: streamReader(),
    };
    const doneHeader = opener.stream.doneHeader();
    connection.forth.bytes.push(encodeStreamHeader(doneHeader ?? opener.stream.opening()));
    current = connection;
    if (doneHeader !== null) connection.forth.bytes.push(encodeStreamFrames([{ kind: 'done' }]));
    else flush(opener, connection.forth);
  };
  const cut = (): void => {
    opener.stream.detach();
    current = null;
  };
  const answer = (connection: Connection, value: Parameters<typeof encodeStreamHeader>[0]): void => {
    connection.back.bytes.push(encodeStreamHeader(value));
  };
  const arriveAtAcceptor = (connection: Connection, bytes: Uint8Array): void => {
    connection.atAcceptor.push(bytes);
    for (let part = connection.atAcceptor.next(); part !== undefined; part = connection.atAcceptor.next()) {
      if (part.kind === 'header') {
        const header = decodeStreamHeader(part.body);
        if (header.kind === 'reset') {
          acceptor?.stream.reset(header.code);
        } else if (header.kind !== 'list') {
          if (acceptor === null && header.kind === 'resume') {
            answer(connection, { kind: 'refused', reason: 'gone' });
            return;
          }
          if (acceptor === null) {
            acceptor = fresh();
            acceptors += 1;
          }
          const said = acceptor.stream.accept(header);
          if (said === null) return;
          acceptorConnection = connection;
          answer(connection, said);
        }
      } else if (acceptor !== null && acceptorConnection === connection) acceptor.stream.receive(part);
    }
    if (acceptor !== null && acceptorConnection === connection) flush(acceptor, connection.back);
  };
  const arriveAtOpener = (connection: Connection, bytes: Uint8Array): void => {
    // Nobody hears what is said of a stream that is finished.
    if (connection !== current || opener.stream.isFinished) return;
    connection.atOpener.push(bytes);
    for (let part = connection.atOpener.next(); part !== undefined; part = connection.atOpener.next()) {
      if (part.kind === 'header') {
        const said = decodeStreamAnswer(part.body);
        if (said.kind === 'refused') isGone = true;
        else if (said.kind !== 'services') opener.stream.answered(said);
      } else opener.stream.receive(part);
    }
    flush(opener, connection.forth);
  };
  const takeSome = (wire: Wire, size: number): Uint8Array | undefined => {
    const head = wire.bytes[0];
    if (head === undefined) return undefined;
    if (head.length <= size) return wire.bytes.shift();
    wire.bytes[0] = head.subarray(size);
    return head.subarray(0, size);
  };
  const deliver = (connection: Connection | null, size: number): void => {
    if (connection === null) return;
    const forth = takeSome(connection.forth, size);
    if (forth !== undefined) arriveAtAcceptor(connection, forth);
    const back = takeSome(connection.back, size);
    if (back !== undefined) arriveAtOpener(connection, back);
  };
  const write = (party: Party | null, size: number): void => {
    if (party === null || party.isEnded || !party.stream.canWrite || party.stream.resetCode !== null) return;
    const bytes = Uint8Array.from({ length: size }, () => (value++ * 31) & 255);
    party.written.push(...bytes);
    party.stream.write(bytes);
  };
  const read = (party: Party | null): void => {
    const bytes = party?.stream.read() ?? null;
    if (party === null || bytes === null) return;
    if (bytes === 'end') party.isEndRead = true;
    else party.read.push(...bytes);
  };
  const end = (party: Party | null): void => {
    if (party === null || party.stream.resetCode !== null) return;
    party.isEnded = true;
    party.stream.end();
  };
  const pump = (): void => {
    if (current !== null) flush(opener, current.forth);
    if (acceptor !== null && acceptorConnection !== null) flush(acceptor, acceptorConnection.back);
  };
  const older: Connection[] = [];

  return {
    opener,
    get acceptor() {
      return acceptor;
    },
    get acceptors() {
      return acceptors;
    },
    get isGone() {
      return isGone;
    },
    get hasCrashed() {
      return hasCrashed;
    },
    act: (what: string, size: number): void => {
      switch (what) {
        case 'connect':
          if (current !== null) older.push(current);
          connect();
          break;
        case 'cut':
          cut();
          break;
        case 'deliver':
          deliver(current, size);
          break;
        case 'deliverOld':
          deliver(older[size % Math.max(1, older.length)] ?? null, size);
          break;
        case 'writeOpener':
          write(opener, size);
          break;
        case 'writeAcceptor':
          write(acceptor, size);
          break;
        case 'readOpener':
          read(opener);
          break;
        case 'readAcceptor':
          read(acceptor);
          break;
        case 'endOpener':
          end(opener);
          break;
        case 'endAcceptor':
          end(acceptor);
          break;
        case 'crashAcceptor':
          if (acceptor !== null) hasCrashed = true;
          acceptor = null;
          acceptorConnection = null;
          cut();
          // Its connections end with it.
          older.length = 0;
          break;
        case 'resetOpener':
          opener.stream.reset(size);
          break;
        case 'resetAcceptor':
          acceptor?.stream.reset(size);
          break;
        default:
          throw new Error(what);
      }
      pump();
    },
    /** Both ends are ended, connected and read until nothing moves. */
    settle: (): void => {
      for (let round = 0; round < 4_000; round += 1) {
        if (current === null || round % 1_000 === 999) connect();
        end(opener);
        end(acceptor);
        pump();
        deliver(current, 100_000);
        for (let i = 0; i < 20; i += 1) {
          read(opener);
          read(acceptor);
        }
        pump();
        if (opener.stream.resetCode !== null && acceptor?.stream.resetCode !== null) return;
        if (isGone || (opener.stream.isFinished && (acceptor?.stream.isFinished ?? true))) return;
      }
    },
  };
};

const isPrefix = (short: readonly number[], long: readonly number[]): boolean =>
  short.length <= long.length && short.every((each, index) => each === long[index]);

const steps = (names: readonly string[]) =>
  fc.array(fc.tuple(fc.constantFrom(...names), fc.integer({ min: 1, max: 3_000 })), { maxLength: 120 });

const FAULTS = ['connect', 'cut', 'deliver', 'deliver', 'deliver', 'deliverOld', 'writeOpener', 'writeAcceptor'];
const READS = ['readOpener', 'readAcceptor'];

describe('a stream over connections that come and go', () => {
  it('delivers every byte of both directions, once and in order, and both sides agree that it ended', () => {
    fc.assert(
      fc.property(steps([...FAULTS, ...READS, 'endOpener', 'endAcceptor']), (taken) => {
        const world = simulate();
        for (const [what, size] of taken) world.act(what, size);
        const { opener } = world;
        expect(isPrefix(opener.read, world.acceptor?.written ?? [])).toBe(true);
        world.settle();
        expect(world.isGone).toBe(false);
        expect(world.acceptors).toBe(1);
        expect(world.acceptor?.read).toEqual(opener.written);
        expect(opener.read).toEqual(world.acceptor?.written);
        expect([opener.isEndRead, world.acceptor?.isEndRead]).toEqual([true, true]);
        expect([opener.stream.isFinished, world.acceptor?.stream.isFinished]).toEqual([true, true]);
      }),
      { numRuns: 400 },
    );
  });

  it('is ended for both sides when the last word of its opener went with the connection', () => {
    const world = simulate();
    for (const what of ['endOpener', 'connect', 'deliver', 'deliver', 'endAcceptor', 'deliver']) world.act(what, 1_000);
    expect([world.opener.stream.isFinished, world.acceptor?.stream.isComplete]).toEqual([true, false]);
    world.act('cut', 1);
    world.settle();
    expect(world.acceptor?.stream.isFinished).toBe(true);
  });

  it('never shows a clean end to the opener of a stream whose acceptor started anew', () => {
    fc.assert(
      fc.property(
        steps([...FAULTS, ...READS]),
        steps([...FAULTS, ...READS, 'endOpener', 'endAcceptor']),
        (before, after) => {
          const world = simulate();
          for (const [what, size] of before) world.act(what, size);
          const wasAccepted = world.opener.stream.wasAccepted;
          world.act('crashAcceptor', 1);
          for (const [what, size] of after) world.act(what, size);
          world.settle();
          if (wasAccepted) {
            expect(world.isGone).toBe(true);
            expect(world.opener.isEndRead).toBe(false);
            expect(world.acceptor).toBe(null);
          } else if (!world.isGone) expect(world.acceptor?.read).toEqual(world.opener.written);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('is no broken protocol when its opener has everything and says so to an acceptor that has reset it', () => {
    const world = simulate();
    const taken = [
      ['connect', 1],
      ['deliver', 92],
      ['endOpener', 1],
      ['deliver', 9],
      ['deliver', 8],
      ['endAcceptor', 1],
      ['resetAcceptor', 1],
      ['deliver', 1],
    ] as const;
    for (const [what, size] of taken) world.act(what, size);
    world.act('connect', 1);
    world.settle();
    expect(world.acceptor?.stream.resetCode).toBe(1);
  });

  it('lets neither side wait for one that has reset the stream', () => {
    fc.assert(
      fc.property(steps([...FAULTS, ...READS, 'endOpener', 'endAcceptor', 'resetOpener', 'resetAcceptor']), (taken) => {
        const world = simulate();
        for (const [what, size] of taken) world.act(what, size);
        world.act('connect', 1);
        world.settle();
        const { opener, acceptor } = world;
        const isOver = (party: typeof opener | null): boolean =>
          party === null || party.stream.resetCode !== null || party.stream.isComplete;
        expect([isOver(opener), isOver(acceptor)]).toEqual([true, true]);
        if (opener.isEndRead) expect(acceptor?.written.length).toBe(opener.read.length);
      }),
      { numRuns: 300 },
    );
  });
});

import {
  type Cancel,
  errorCode,
  InvalidOptionError,
  type PairingSessionsChannel,
  type RendezvousBinding,
  type RequestInput,
  type RequestOutput,
} from '@bowline/contracts';
import {
  createEntropy,
  derivePairingKeys,
  formatTicket,
  type PairingKeys,
  wordsOfEntropy,
} from '@bowline/pairing-code';
import { type Announcement, announcement } from './announcement.ts';
import type { PairingSessionsComponents, SessionComponents } from './components.ts';
import { PairingBusyError, PairingStoppedError, RendezvousPortTakenError } from './errors.ts';
import { initiatorRole, type OfferedCode } from './initiator-role.ts';
import { type LingerTimes, lingering } from './lingering.ts';
import type { PairingSessionsOptions } from './options.ts';
import type { OwnIdentity } from './own-identity.ts';
import type { SessionTable } from './session-table.ts';
import { type CodeEnd, type ShownCodes, shownCodes } from './shown-codes.ts';
import { checkShared, ticketRelays } from './ticket-relays.ts';

/** Life of a code, milliseconds: long enough to walk to the other device, short enough to be looked after. */
const TTL_RANGE_MS = [1_000, 3_600_000] as const;

/** How often the wall clock is looked at while a code is open: a code that expired in a machine's sleep stays that long at most. */
const LOOK_MS = 10_000;

type OfferInput = RequestInput<PairingSessionsChannel, 'offer'>;
type OfferOutput = RequestOutput<PairingSessionsChannel, 'offer'>;

/** The codes this device shows or has shown, and how they are announced. */
export interface CodeOffers {
  readonly book: ShownCodes<OfferedCode>;
  /** @throws PAIRING_BUSY, PAIRING_NOT_READY, PAIRING_STOPPED, RELAY_TOKEN_TOO_LONG, INVALID_OPTION */
  offer(request: OfferInput): Promise<OfferOutput>;
  /** What this device says of itself has changed, or time may have jumped. */
  refresh(): void;
  /** The endpoint worker may have died. */
  forget(): void;
  /** Withdraws and forgets what is left of codes that ended. */
  stop(): Promise<void>;
}

/** @param running the components while the actor runs; `null` while it does not */
export const codeOffers = (
  { clock, random, logger }: Pick<PairingSessionsComponents, 'clock' | 'random' | 'logger'>,
  options: PairingSessionsOptions,
  self: OwnIdentity,
  sessions: SessionTable,
  running: () => SessionComponents | null,
): CodeOffers => {
  const book = shownCodes<OfferedCode>(clock, options);
  const leftovers = lingering(clock, options);
  const announcements = new Map<OfferedCode, Announcement>();
  let cancelLook: Cancel | null = null;
  /** Codes whose port is being bound. */
  let opening = 0;

  const lingerTimes = ({ expiresAtMs }: OfferedCode, { reason }: CodeEnd): LingerTimes => {
    if (reason === 'cancelled' || running() === null) return { mdnsMs: 0, rendezvousMs: 0 };
    const leftMs = Math.max(0, expiresAtMs - clock.nowMs());
    return {
      mdnsMs: options.lingerMs,
      rendezvousMs: reason === 'code-used' ? Math.min(options.lingerMs, leftMs) : 0,
    };
  };

  const onEnded = async (code: OfferedCode, end: CodeEnd): Promise<void> => {
    sessions.remove(code);
    book.end(code, end);
    if (book.openCodes().length === 0) cancelLook?.();
    const announced = announcements.get(code);
    announcements.delete(code);
    if (announced !== undefined) await leftovers.take(announced, lingerTimes(code, end));
  };

  const lookAtTheClock = (): void => {
    cancelLook?.();
    cancelLook = null;
    for (const code of book.openCodes()) code.noteExpiry();
    if (book.openCodes().length > 0) cancelLook = clock.setTimer(LOOK_MS, lookAtTheClock, { unref: true });
  };

  /** Announces nothing yet; a port that was asked for is bound when it resolves. */
  const prepare = async (keys: PairingKeys, at: RendezvousBinding | null): Promise<Announcement> => {
    const components = sessions.componentsNow();
    const announced = announcement(components, keys.sessionId, keys, at);
    if (at === null) return announced;
    await leftovers.freePort(at.port);
    try {
      await announced.openRendezvous();
      // Nobody would withdraw a code that is made after the end.
      if (running() !== components) throw new PairingStoppedError();
      return announced;
    } catch (error) {
      await announced.withdraw();
      throw errorCode(error) === 'ENDPOINT_BIND_FAILED' ? new RendezvousPortTakenError(at.port, error) : error;
    }
  };

  const open = (announced: Announcement, code: OfferedCode): void => {
    sessions.add(code);
    book.add(code);
    lookAtTheClock();
    announcements.set(code, announced);
    announced.refresh();
  };

  const offer = async (request: OfferInput): Promise<OfferOutput> => {
    const { ttlMs, policy, relayTokens = [], renew: mayRenew = false, rendezvousAt = null } = request;
    checkTtl(ttlMs);
    if (rendezvousAt !== null) checkPort(rendezvousAt.port);
    checkShared(relayTokens);
    const components = sessions.componentsNow();
    const { relayUrls, endpointId, directAddresses, card } = await self.ready();
    // Nobody would withdraw a code that is made after the end.
    if (running() !== components) throw new PairingStoppedError();
    if (book.openCodes().length + opening >= options.maxOffers) throw new PairingBusyError('codes', options.maxOffers);
    const entropy = createEntropy(random);
    const keys = derivePairingKeys(entropy);
    opening += 1;
    const announced = await prepare(keys, rendezvousAt).finally(() => {
      opening -= 1;
    });
    const expiresAtMs = clock.nowMs() + ttlMs;
    const code = initiatorRole(components, { keys, policy, ttlMs, mayRenew, expiresAtMs, onEnded });
    open(announced, code);
    const relays = ticketRelays(relayUrls, relayTokens);
    const ticket = formatTicket(
      { entropy, endpointId, relays, directAddresses, deviceName: card.name, expiresAtMs },
      { includeTokens: relayTokens.length > 0 },
    );
    const sharedTokenUrls = relays.filter(({ token }) => token !== null).map(({ url }) => url);
    const { sessionId } = code;
    logger.info({ sessionId, ttlMs, policy, sharedTokenUrls }, 'code offered');
    return { sessionId, words: wordsOfEntropy(entropy), ticket, expiresAtMs, sharedTokenUrls };
  };

  return {
    book,
    offer,
    refresh: () => {
      lookAtTheClock();
      for (const announced of announcements.values()) announced.refresh();
      leftovers.refresh();
    },
    forget: () => {
      for (const announced of announcements.values()) announced.forget();
      leftovers.forget();
    },
    stop: async () => {
      book.stop();
      await leftovers.stop();
    },
  };
};

const checkPort = (port: number): void => {
  if (Number.isSafeInteger(port) && port >= 1 && port <= 65_535) return;
  throw new InvalidOptionError('rendezvousAt.port', 'must be a UDP port, 1 to 65535', port);
};

const checkTtl = (ttlMs: number): void => {
  const [min, max] = TTL_RANGE_MS;
  if (!Number.isSafeInteger(ttlMs) || ttlMs < min || ttlMs > max) {
    throw new InvalidOptionError('ttlMs', `must be a whole number of milliseconds from ${min} to ${max}`, ttlMs);
  }
};

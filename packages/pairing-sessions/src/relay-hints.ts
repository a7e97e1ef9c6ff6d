import {
  type EndpointId,
  errorCode,
  MAX_RELAY_CANDIDATES,
  type RelayPeer,
  type RelayToken,
  type RelayUrl,
} from '@bowline/contracts';
import { BoundedMap, CoalescingTask } from '@bowline/limits';
import type { Ticket } from '@bowline/pairing-code';
import type { SessionComponents } from './components.ts';

/** What one session tells the switchboard about where candidates may be; nothing of it outlives the session for long. */
export interface RelayHints {
  /** Never rejects: without the hint a candidate is still reached directly. */
  give(endpointId: EndpointId, relayUrls: readonly RelayUrl[]): Promise<void>;
  /** Shows the tokens of a ticket to its relays. Never rejects: the relays say what they think of it. */
  lend(ticket: Ticket): Promise<void>;
  /** Takes back what this session told of these. Never rejects. */
  release(endpointIds: readonly EndpointId[]): Promise<void>;
  /**
   * The session is over, and takes back all it told. The device it leaves behind as a stored one, `kept`, stays a candidate
   * until whoever adopts it has told the switchboard of it. Never rejects.
   */
  end(kept: EndpointId | null): Promise<void>;
}

/** The hints of all sessions. */
export interface SharedRelayHints {
  /** Opens the hints of one session. */
  open(): RelayHints;
  /** Tells the switchboard again, which may have been restarted. */
  refresh(): void;
}

/** A stored device is adopted within milliseconds; its relay must not be left and joined again meanwhile. */
const KEPT_MS = 10_000;

/** Tokens told of one candidate, and as many as the switchboard takes. */
const MAX_TOKENS = 8;

/** The tokens a ticket shares, of the device it names. */
export const tokensIn = ({ relays }: Ticket): readonly RelayToken[] =>
  relays.flatMap(({ url, token }) => (token === null ? [] : [{ url, token }]));

type HintComponents = Pick<SessionComponents, 'switchboard' | 'clock' | 'logger'>;

/** What one session tells of one candidate. */
type Told = Pick<RelayPeer, 'relayUrls' | 'tokens'>;

const NOTHING: Told = { relayUrls: [], tokens: [] };

/**
 * Gathers the candidates of all sessions and tells the switchboard the whole list at every change. Several sessions may tell
 * of one device; each takes back its own.
 */
export const relayHints = ({ switchboard, clock, logger }: HintComponents): SharedRelayHints => {
  /** What each session told of a candidate. The candidate heard of longest ago gives way. */
  const candidates = new BoundedMap<EndpointId, Map<symbol, Told>>(MAX_RELAY_CANDIDATES);

  const listed = (): readonly RelayPeer[] =>
    Array.from(candidates, ([endpointId, bySession]) => {
      const told = [...bySession.values()];
      const relayUrls = [...new Set(told.flatMap((each) => each.relayUrls))];
      return { endpointId, relayUrls, tokens: told.flatMap(({ tokens }) => tokens).slice(-MAX_TOKENS) };
    });
  const telling = new CoalescingTask(() => switchboard.request('setCandidates', { candidates: listed() }));

  const tell = async (): Promise<void> => {
    try {
      await telling.run();
    } catch (error) {
      // Without its message: the request held tokens.
      logger.debug({ code: errorCode(error) }, 'relays of candidates not told');
    }
  };

  const open = (): RelayHints => {
    const session = Symbol('session');

    const note = (endpointId: EndpointId, told: Partial<Told>): Promise<void> => {
      const bySession = candidates.get(endpointId) ?? new Map<symbol, Told>();
      bySession.set(session, { ...NOTHING, ...bySession.get(session), ...told });
      candidates.set(endpointId, bySession);
      return tell();
    };

    const release = async (endpointIds: readonly EndpointId[]): Promise<void> => {
      let isChanged = false;
      for (const endpointId of endpointIds) {
        const bySession = candidates.get(endpointId);
        if (bySession?.delete(session) !== true) continue;
        isChanged = true;
        if (bySession.size === 0) candidates.delete(endpointId);
      }
      if (isChanged) await tell();
    };

    return {
      give: async (endpointId, relayUrls) => {
        if (relayUrls.length > 0) await note(endpointId, { relayUrls });
      },
      lend: async (ticket) => {
        const tokens = tokensIn(ticket);
        if (ticket.endpointId !== null && tokens.length > 0) await note(ticket.endpointId, { tokens });
      },
      release,
      end: async (kept) => {
        if (kept !== null) clock.setTimer(KEPT_MS, () => void release([kept]), { unref: true });
        await release([...candidates.keys()].filter((endpointId) => endpointId !== kept));
      },
    };
  };

  return {
    open,
    refresh: () => {
      if (candidates.size > 0) void tell();
    },
  };
};

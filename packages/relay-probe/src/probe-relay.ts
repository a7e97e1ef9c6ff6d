import {
  type Clock,
  errorCode,
  errorMessage,
  InvalidOptionError,
  parseRelayUrl,
  type RelayDownReason,
  UNAVAILABLE_STATUSES,
} from '@bowline/contracts';

export interface RelayProbeInput {
  readonly url: string;
  /** How long one answer may take, milliseconds. @defaultValue 3_000, what iroh allows its own probes */
  readonly timeoutMs?: number;
}

/** What a relay answered. A relay that does not answer is a result, not an error. */
export type RelayProbeResult =
  | {
      readonly outcome: 'answered';
      /** The fastest of the answers, milliseconds: the connection is open by then, so it is one round trip. */
      readonly rttMs: number;
      /**
       * How far this machine's clock is ahead of the relay's, milliseconds, to half a second; `null` where it told no time.
       */
      readonly clockAheadMs: number | null;
    }
  | { readonly outcome: 'failed'; readonly reason: RelayDownReason; readonly detail: string };

const DEFAULT_TIMEOUT_MS = 3_000;

/** The first answer pays for the connection; two more tell the round trip. */
const REQUESTS = 3;

/**
 * Asks `GET /ping`, as iroh itself does to measure a relay.
 *
 * @throws {@link InvalidOptionError} for what is no relay URL
 */
export const probeRelay = async (
  { url, timeoutMs = DEFAULT_TIMEOUT_MS }: RelayProbeInput,
  { signal, clock }: { readonly signal: AbortSignal; readonly clock: Clock },
): Promise<RelayProbeResult> => {
  const relayUrl = parseRelayUrl(url);
  if (relayUrl === undefined) throw new InvalidOptionError('url', 'must be a relay URL', url);
  let rttMs = Number.POSITIVE_INFINITY;
  let clockAheadMs: number | null = null;
  try {
    for (let count = 0; count < REQUESTS; count += 1) {
      const startedAtMs = clock.monotonicMs();
      const limit = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
      const response = await fetch(new URL('ping', relayUrl), { signal: limit, redirect: 'error' });
      await response.body?.cancel();
      if (!response.ok) {
        const reason = UNAVAILABLE_STATUSES.has(response.status) ? 'unavailable' : 'http';
        return { outcome: 'failed', reason, detail: `it answered ${response.status}` };
      }
      rttMs = Math.min(rttMs, clock.monotonicMs() - startedAtMs);
      clockAheadMs = clockAheadOf(response.headers.get('date'), clock);
    }
  } catch (error) {
    signal.throwIfAborted();
    return { outcome: 'failed', ...failureOf(error) };
  }
  return { outcome: 'answered', rttMs, clockAheadMs };
};

/** The header is cut off to seconds (RFC 9110 section 5.6.7), so on average half a second is missing from it. */
const clockAheadOf = (date: string | null, clock: Clock): number | null => {
  const saidAtMs = date === null ? Number.NaN : Date.parse(date);
  return Number.isNaN(saidAtMs) ? null : Math.round(clock.nowMs() - saidAtMs - 500);
};

/** `fetch` says "fetch failed" and hides what happened in the cause. */
const failureOf = (error: unknown): { readonly reason: RelayDownReason; readonly detail: string } => {
  if (error instanceof DOMException && error.name === 'TimeoutError') return { reason: 'timeout', detail: 'no answer' };
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  const code = errorCode(cause) ?? '';
  const detail = code || errorMessage(cause);
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return { reason: 'dns', detail };
  if (code === 'ECONNREFUSED') return { reason: 'portClosed', detail };
  if (/^CERT_(NOT_YET_VALID|HAS_EXPIRED)$/.test(code)) return { reason: 'certificateDates', detail };
  if (/^(ERR_SSL_|EPROTO)/.test(code)) return { reason: 'protocol', detail };
  if (/CERT|TLS|SSL|SELF_SIGNED|^UNABLE_TO_/.test(code)) return { reason: 'tls', detail };
  if (code === 'ENETUNREACH') return { reason: 'noRoute', detail };
  return { reason: 'tcp', detail };
};

import { createHash, timingSafeEqual } from 'node:crypto';
import type { Clock, EndpointId } from '@bowline/contracts';
import type { AccessRequest } from '@bowline/relay-socket';
import type { Access, AccessCallOut } from './access-rules.ts';
import type { DenialReason } from './relay-metrics.ts';

/** Why not; `undefined` admits. */
export type AccessDecision =
  | Extract<DenialReason, 'deny-list' | 'not-on-allow-list' | 'token' | 'call-out'>
  | undefined;

/** Decides at once, or after asking the call-out. Never throws or rejects: a failure refuses. */
export type AccessPolicy = (request: AccessRequest) => AccessDecision | Promise<AccessDecision>;

/** Longest answer of a call-out that is looked at. */
const MAX_ANSWER_BYTES = 64;

const DEFAULT_CALL_OUT_TIMEOUT_MS = 5_000;

/** The policy that follows `access`, which has been checked. */
export const accessPolicy = (access: Access, clock: Clock): AccessPolicy => {
  if (access === 'everyone') return () => undefined;
  const denied = new Set(access.deny);
  const allowed = access.allow === undefined ? undefined : new Set(access.allow);
  const digests = access.tokens?.map(digestOf);
  const { callOut } = access;
  return (request) => {
    if (denied.has(request.endpointId)) return 'deny-list';
    if (allowed?.has(request.endpointId) === false) return 'not-on-allow-list';
    if (digests !== undefined && !isKnownToken(digests, request.token)) return 'token';
    return callOut === undefined ? undefined : askCallOut(callOut, request.endpointId, clock);
  };
};

const digestOf = (token: string): Buffer => createHash('sha256').update(token).digest();

/** Compares digests, all of them, so that time tells neither length, nor position, nor how much was right. */
const isKnownToken = (digests: readonly Buffer[], token: string | undefined): boolean => {
  if (token === undefined) return false;
  const digest = digestOf(token);
  let isKnown = false;
  for (const known of digests) isKnown = timingSafeEqual(known, digest) || isKnown;
  return isKnown;
};

const askCallOut = async (callOut: AccessCallOut, endpointId: EndpointId, clock: Clock): Promise<AccessDecision> => {
  const controller = new AbortController();
  const cancel = clock.setTimer(callOut.timeoutMs ?? DEFAULT_CALL_OUT_TIMEOUT_MS, () => controller.abort());
  try {
    const response = await fetch(callOut.url, {
      method: 'POST',
      redirect: 'error',
      signal: controller.signal,
      headers: {
        'x-iroh-nodeid': endpointId,
        'x-iroh-endpoint-id': endpointId,
        ...(callOut.bearerToken === undefined ? {} : { authorization: `Bearer ${callOut.bearerToken}` }),
      },
    });
    return response.status === 200 && (await firstBytesOf(response)) === 'true' ? undefined : 'call-out';
  } catch {
    return 'call-out';
  } finally {
    cancel();
    controller.abort();
  }
};

const firstBytesOf = async (response: Response): Promise<string> => {
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const chunk of response.body ?? []) {
    chunks.push(chunk);
    sizeBytes += chunk.length;
    if (sizeBytes > MAX_ANSWER_BYTES) return '';
  }
  return Buffer.concat(chunks).toString('latin1');
};

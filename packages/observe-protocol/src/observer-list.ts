import { type EndpointId, parseEndpointId } from '@bowline/contracts';
import { z } from 'zod';

/** Where a relay tells of its observers. */
export const OBSERVER_PATH = '/observer';

/** Most observers a relay tells of; two already show whether a NAT picks a port for every destination. */
export const MAX_OBSERVERS = 4;

/** Longest list that is read, bytes: four entries take 450. */
export const MAX_OBSERVERS_BYTES = 4_096;

const VERSION = 1;

/** One observer, at the host of the relay that tells of it. */
export interface ObserverEndpoint {
  readonly endpointId: EndpointId;
  /** UDP port. */
  readonly port: number;
}

const endpointId = z.string().transform((text, context) => {
  const parsed = parseEndpointId(text);
  if (parsed !== undefined) return parsed;
  context.issues.push({ code: 'custom', input: undefined, message: 'not an endpoint id' });
  return z.NEVER;
});

/** Fields a later relay adds are ignored; it raises the version when an older reader would go wrong. */
const listSchema = z.object({
  version: z.literal(VERSION),
  observers: z.array(z.object({ endpointId, port: z.int().min(1).max(65_535) })).max(MAX_OBSERVERS),
});

/** The answer to `GET /observer`. */
export const writeObservers = (observers: readonly ObserverEndpoint[]): string =>
  JSON.stringify({
    version: VERSION,
    observers: observers.map(({ endpointId: id, port }) => ({ endpointId: id, port })),
  });

/** What a relay answered; `undefined` when it says nothing this version understands. */
export const readObservers = (text: string): readonly ObserverEndpoint[] | undefined => {
  try {
    return listSchema.safeParse(JSON.parse(text)).data?.observers;
  } catch {
    // No JSON: some web server that is no relay of ours.
    return undefined;
  }
};

import type { EndpointId } from '@bowline/contracts';
import type { LinkGreeting } from './link-frame.ts';

/** Which of a peer's greetings this side acted upon last. */
export type SeenGreeting = Pick<LinkGreeting, 'incarnation' | 'life' | 'turn'>;

/** What the accepting side knows when a hello arrives. */
export interface HelloSituation {
  readonly ourEndpointId: EndpointId;
  readonly peerEndpointId: EndpointId;
  /** Highest incarnation of the peer ever seen. */
  readonly knownIncarnation: number;
  /** The last hello or welcome of the peer that led to a link, in this run of the actor. */
  readonly lastSeen: SeenGreeting | null;
  readonly isLinked: boolean;
  /** Whether our own hello is under way to this peer, not answered, and less than 3 s old: an older one is lost. */
  readonly isOurHelloOut: boolean;
}

/**
 * - `accept`: answer with a welcome, and abandon our own dial if there is one.
 * - `displace`: the same; the link we have is dead, its other side would not greet otherwise.
 * - `duplicate`: close it; a better connection is up.
 * - `outranked`: our own hello goes before it; accept it only where that is not answered soon.
 * - `stale`: close it; it comes from an earlier start of the device.
 */
export type HelloVerdict = 'accept' | 'displace' | 'duplicate' | 'outranked' | 'stale';

/**
 * The rule that leaves two devices with exactly one connection, whatever they dial and in whatever order things arrive.
 *
 * A hello commits its sender: it waits for the answer, or takes a connection of the peer instead. So only two hellos
 * under way at once compete, and the smaller endpoint id's wins on both sides. A device with a link never says hello,
 * so a hello that is newer than the link proves the link dead; `turn` tells whether it is newer.
 */
export const judgeHello = (hello: SeenGreeting, situation: HelloSituation): HelloVerdict => {
  const { lastSeen, ourEndpointId, peerEndpointId } = situation;
  if (hello.incarnation < situation.knownIncarnation) return 'stale';
  const isOldNews = lastSeen !== null && lastSeen.life === hello.life && hello.turn <= lastSeen.turn;
  if (isOldNews) return 'duplicate';
  if (situation.isLinked) return 'displace';
  if (situation.isOurHelloOut && ourEndpointId < peerEndpointId) return 'outranked';
  return 'accept';
};

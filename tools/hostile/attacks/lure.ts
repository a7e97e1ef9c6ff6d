import type { Scene } from '../attack.ts';
import type { RawConnection } from '../raw/raw-connection.ts';
import type { RawEndpoint } from '../raw/raw-endpoint.ts';
import { inTime } from './assault.ts';

/** How an attacker treats a joiner that came to it. */
export type Meeting = (joiner: RawConnection, mallory: RawEndpoint) => Promise<void>;

export interface Lure {
  /** Endpoints that show the code's tag; a joiner listens to four from one neighbour, honest ones included. */
  readonly faces: number;
  readonly meet: Meeting;
  /** Lets the joiner search to its end, instead of ending the search once every face was visited. */
  readonly isPatient?: boolean;
}

/** As long as a search: who has not come by then does not. */
const ARRIVAL_MS = 12_000;
const END_MS = 20_000;

/**
 * Leads the honest joiner to endpoints that repeat the code's tag, while the honest initiator is silent. A joiner comes
 * once to each. Returns how many came, and complains when the joiner paired.
 */
export const lure = async (scene: Scene, { faces, meet, isPatient = false }: Lure): Promise<number> => {
  const { joiner, offer, air, breach, tally } = scene;
  const withdrawals: (() => Promise<void>)[] = [];
  const meetings: Promise<void>[] = [];
  for (let face = 0; face < faces; face += 1) {
    const mallory = await scene.stranger();
    const visited = Promise.withResolvers<void>();
    meetings.push(visited.promise);
    mallory.onConnection((connection) => {
      tally('joiners lured');
      meet(connection, mallory)
        .catch(() => connection.close('done'))
        .finally(visited.resolve);
    });
    const { endpointId, port } = mallory;
    withdrawals.push(await air.advertise({ tag: scene.tag, endpointId, port }));
  }
  const sessionId = await joiner.call('join', offer.words, 'accept');
  const ended = joiner.call('ended', sessionId);
  const arrivals = meetings.map(async (meeting) =>
    (await inTime(
      meeting.then(() => true),
      ARRIVAL_MS,
    )) === null
      ? 0
      : 1,
  );
  const count = (await Promise.all(arrivals)).reduce<number>((sum, count) => sum + count, 0);
  if (!isPatient) await joiner.call('cancel', sessionId);
  const end = await inTime(ended, END_MS);
  if (end?.kind !== 'failed') breach(`the joiner ended as ${end?.kind ?? 'nothing'}`);
  else tally(`joiner: ${end.code}`);
  for (const withdraw of withdrawals) await withdraw();
  if (count === 0) breach('the joiner never came: nothing was attacked');
  return count;
};

import { bridgeScript, plugIn } from './cable.ts';
import { buildRoom, type Room } from './room.ts';

/**
 * One switch with the named hosts on it, `10.77.0.1` and up in their order, and nothing else: no router, no default
 * route, no DNS. Multicast reaches everybody.
 */
export const oneLan = async <N extends string>(names: readonly N[]): Promise<Room<N>> =>
  buildRoom({ spaces: ['switch', ...names], middle: 'switch' }, async (space) => {
    const middle = space('switch');
    await middle.script(bridgeScript('bridge0'));
    const hosts = await Promise.all(
      names.map(async (name, index) => {
        const network = `10.77.0.${index + 1}/24`;
        return [name, await plugIn({ name, network, gateway: null }, space(name), [middle, 'bridge0'])] as const;
      }),
    );
    return Object.fromEntries(hosts) as Record<N, (typeof hosts)[number][1]>;
  });

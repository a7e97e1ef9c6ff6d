import type { LabHost, Room } from '@bowline/testing/network-lab';
import { type End, servePage } from './serve-on.ts';

/** Until somebody signs in, the router answers whatever is asked for with a page of its own. */
const captive = ({ address }: LabHost): string => `nft -f - <<'END'
table ip captive {
  chain asking { type nat hook prerouting priority -100; iifname "lan" tcp dport { 80, 443, 3340 } dnat to ${address}:3340; }
  chain passing { type filter hook forward priority 0; iifname "lan" ip daddr != ${address} drop; }
}
END`;

/** A router whose network can be made to want a sign-in first. @param portal where its page is served */
export const captiveRouter = (room: Pick<Room<string>, 'atRouter'>, home: number, portal: LabHost) => {
  let endPage: End | undefined;
  return {
    enclose: async (): Promise<void> => {
      endPage = await servePage(portal);
      await room.atRouter(home, captive(portal));
    },
    signIn: async (): Promise<void> => {
      await room.atRouter(home, 'nft delete table ip captive');
      await endPage?.();
    },
  };
};

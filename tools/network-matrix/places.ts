import type { LabPlace } from './scenario.ts';

const LAPTOP = { hosts: ['laptop'] } as const;
const PHONE = { hosts: ['phone'] } as const;

/** One switch and nothing else: no relay, no router. */
export const LAN: LabPlace = { name: 'LAN', topology: { kind: 'lan', hosts: ['laptop', 'phone'] } };

/** Two homes behind one NAT each, two more to roam to, and a relay between them. */
export const HOMES: LabPlace = {
  name: 'two homes',
  topology: { kind: 'homes', homes: [LAPTOP, PHONE, { hosts: [] }, { hosts: [] }], internet: ['relay'] },
};

/** The same where no UDP gets out: everything goes through the relay. */
export const RELAYED: LabPlace = {
  name: 'two homes, UDP blocked',
  topology: {
    kind: 'homes',
    homes: [
      { ...LAPTOP, passesUdp: false },
      { ...PHONE, passesUdp: false },
      { hosts: [], passesUdp: false },
      { hosts: [], passesUdp: false },
    ],
    internet: ['relay'],
  },
};

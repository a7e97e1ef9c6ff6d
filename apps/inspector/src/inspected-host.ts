import type { Host } from '@bowline/host';

/** What the inspector uses of a host. Everything shown comes from here; there is no second source. */
export type InspectedHost = Pick<
  Host,
  | 'check'
  | 'device'
  | 'devices'
  | 'dropRelay'
  | 'explain'
  | 'join'
  | 'journal'
  | 'machines'
  | 'onAny'
  | 'onTransition'
  | 'pair'
  | 'reconnect'
  | 'rename'
  | 'setRelayBudget'
  | 'setRelays'
  | 'status'
  | 'timeline'
  | 'traffic'
  | 'unpair'
>;

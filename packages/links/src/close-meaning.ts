import type { ConnectionClose, LinkDownReason } from '@bowline/contracts';

/** Why a link ended, from how its connection ended. */
export const downReasonOf = (close: ConnectionClose): LinkDownReason => {
  if (close.by === 'timeout') return 'notResponding';
  if (close.by === 'lost') return 'connectionLost';
  switch (close.name) {
    case 'shutdown':
      return close.by === 'peer' ? 'goodbye' : 'closedHere';
    case 'unpaired':
      return close.by === 'peer' ? 'unpaired' : 'closedHere';
    case 'superseded':
    case 'duplicate':
      return 'superseded';
    case 'cloned':
      return 'cloned';
    case 'not-responding':
      return 'notResponding';
    case 'protocol-error':
    case 'frame-too-large':
    case 'version-unsupported':
      return 'protocolError';
    default:
      return close.by === 'here' ? 'closedHere' : 'connectionLost';
  }
};

/** What becomes of our own dial when its connection ends before the link is up. */
export type DialEnd =
  /** The other side has or prefers another connection: wait for that one. */
  | 'waitForOther'
  /** A clear no. */
  | 'refused'
  /** The connection broke. */
  | 'lost';

export const dialEndOf = (close: ConnectionClose): DialEnd => {
  if (close.by !== 'peer' || close.name === null) return 'lost';
  return close.name === 'duplicate' || close.name === 'superseded' ? 'waitForOther' : 'refused';
};

/**
 * Whether the other side has said that it removed this device. `not-paired` does not say so: a device that has just
 * paired answers it until it has stored the pairing.
 */
export const saysUnpaired = (close: ConnectionClose): boolean => close.by === 'peer' && close.name === 'unpaired';

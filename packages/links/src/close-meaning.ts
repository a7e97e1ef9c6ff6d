import type { ConnectionClose, LinkDownReason } from '@bowline/contracts';

/** Why a link ended, from how its connection ended. */
export const downReasonOf = (close: ConnectionClose): LinkDownReason => {
  if (close.by === 'timeout') return 'notResponding';
  if (close.by === 'lost') return 'connectionLost';
  switch (close.name) {
    case 'shutdown':
      return close.by === 'peer' ? 'goodbye' : 'closedHere';
    case 'not-paired':
    case 'unpaired':
      return close.by === 'peer' ? 'unpaired' : 'closedHere';
    case 'superseded':
    case 'duplicate':
      return 'superseded';
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

/** Whether the other side has said that it does not know this device any more. */
export const saysUnpaired = (close: ConnectionClose): boolean =>
  close.by === 'peer' && (close.name === 'not-paired' || close.name === 'unpaired');

import { assertNever, type HostEvent, type PairingAttempt, type SearchedRelay } from '@bowline/contracts';
import { namePhrase } from '@bowline/diagnosis/phrases';

type Failed = Extract<HostEvent, { event: 'pairing.failed' }>;

/** Why a pairing failed, and which command or option helps. */
export const failureSentence = ({ reason, circumstance }: Pick<Failed, 'reason' | 'circumstance'>): string => {
  if (circumstance === null) return reason;
  switch (circumstance.kind) {
    case 'pairedHere': {
      const { name, id } = circumstance.device;
      return `"${namePhrase(name)}" (${id}) is paired with this device already. To pair the two anew, start again with --renew on this device: its name and history stay.`;
    }
    case 'pairedThere':
      return 'The other device has this one as a paired device already. To pair the two anew, start again with --renew there: its name and history stay.';
    case 'blockedHere':
      return 'The other device is blocked on this one, so they cannot be paired. "bowline blocked" lists who is; to let it pair again: bowline unblock DEVICE';
    case 'blockedThere':
      return reason;
    case 'relayTokenWanted':
      return 'The relay of the other device refused this one: it wants its token. Ask for a ticket that shares it (bowline pair --share-relay-token), or bring both devices onto one network.';
    case 'relaysCutOff':
      return `${reason} "bowline relay status" says which relay fails how.`;
    default:
      return assertNever(circumstance);
  }
};

const remedyOf = ({ downReason, token }: SearchedRelay): readonly string[] => {
  if (downReason !== 'auth') return [];
  switch (token) {
    case 'missing':
      return ['ask for a ticket with --share-relay-token'];
    case 'ticket':
      return ['ask for a new ticket with --share-relay-token'];
    case 'own':
      return ['set its token with BOWLINE_RELAY_TOKEN'];
    default:
      return assertNever(token);
  }
};

/** Why one source led nowhere, and what would help. */
export const attemptSentence = ({ reason, relays = [] }: PairingAttempt): string =>
  [reason, ...new Set(relays.flatMap(remedyOf))].join('; ');

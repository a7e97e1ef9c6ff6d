import type {
  ConnectionPath,
  DeviceId,
  DeviceSummary,
  HostEvent,
  JournalEntry,
  PathKind,
  SocketAddress,
} from '@bowline/contracts';
import { pathPhrase } from './phrases.ts';
import { eventSentence, messageSentence } from './sentences.ts';
import { shownName } from './shown-name.ts';

/** Whatever is known of a device by its id. */
type Known = readonly Pick<DeviceSummary, 'id' | 'name'>[];

/**
 * Devices that the journal speaks of, with what each was called last: of one that is unpaired, the end of it says so.
 *
 * @param paired those that are paired now
 */
export const knownFrom = (entries: readonly JournalEntry[], paired: Known): Known => [
  ...paired,
  ...entries
    .toReversed()
    .flatMap(({ deviceId, data }) =>
      deviceId !== null && typeof data.name === 'string' ? [{ id: deviceId, name: data.name }] : [],
    ),
];

/** The sentence of the event that was journaled, as it was live; an entry of another Bowline is named as it is. */
export const journalSentence = (entry: JournalEntry, known: Known): string => {
  const device = known.find(({ id }) => id === entry.deviceId);
  const sentence = sentenceOf(entry, device);
  // In quotes stands what could be taken for an id: this is one.
  return device === undefined ? sentence.replaceAll(`"${entry.deviceId}"`, `${entry.deviceId}`) : sentence;
};

const sentenceOf = ({ event, deviceId, data }: JournalEntry, device: Known[number] | undefined): string => {
  const name = device?.name ?? deviceId ?? 'this device';
  const about = { deviceId: (deviceId ?? '') as DeviceId, name };
  switch (event) {
    case 'device.connected':
      return eventSentence({ event, ...about, path: pathOf(data) });
    case 'device.disconnected':
    case 'device.removed':
    case 'device.renamed':
      return eventSentence({ event, ...about, ...data } as HostEvent);
    case 'message.received':
      return keptMessage(name, data);
    case 'pairing.completed': {
      const whom = device === undefined ? name : `${shownName(name)} (${device.id})`;
      return `paired with ${whom}${data.isRenewed === true ? ' anew' : ''} ${pathPhrase(pathKindOf(data.path))}`;
    }
    default:
      return `${event}: ${shownName(name)}`;
  }
};

const pathKindOf = (path: unknown): PathKind | null => (path === 'direct' || path === 'relay' ? path : null);

const pathOf = ({ path, remoteAddress, rttMs }: JournalEntry['data']): ConnectionPath | null => {
  const kind = pathKindOf(path);
  if (kind === null) return null;
  return {
    kind,
    remoteAddress: typeof remoteAddress === 'string' ? (remoteAddress as SocketAddress) : null,
    rttMs: typeof rttMs === 'number' ? rttMs : null,
  };
};

/** Of a long message the journal holds the beginning. */
const keptMessage = (name: string, { text, bytesBase64, sizeBytes }: JournalEntry['data']): string => {
  const bytes = typeof bytesBase64 === 'string' ? Buffer.from(bytesBase64, 'base64').length : 0;
  const size = typeof sizeBytes === 'number' ? sizeBytes : bytes;
  if (typeof text !== 'string') return messageSentence(name, null, size);
  const isCut = Buffer.byteLength(text) < size;
  return messageSentence(name, isCut ? `${text}… (${size} bytes)` : text, size);
};

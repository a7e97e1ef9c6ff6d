import { InvalidOptionError } from '@bowline/contracts';

/** The service that adapters meet at, unless said. */
export const AUTOMERGE_SERVICE = 'automerge-repo/1';

/** Largest message unless said, 64 MiB: automerge says a whole document in one. */
const DEFAULT_MAX_MESSAGE_BYTES = 67_108_864;

/** What an app tunes. */
export interface AdapterOptions {
  /** With which devices documents are shared: every paired device, or these, by id, the beginning of an id, or name. */
  readonly allow: 'paired' | readonly string[];
  /** Name of the service, for an app that keeps several repositories apart. @defaultValue {@link AUTOMERGE_SERVICE} */
  readonly service?: string;
  /** Whether documents may go through relays, and how many bytes in a day. @defaultValue `'allow'` */
  readonly relay?: 'allow' | 'deny' | { readonly bytesPerDay: number };
  /** Largest message, and most of what waits to be sent to one device, bytes. @defaultValue 67_108_864 */
  readonly maxMessageBytes?: number;
}

const NAMES: ReadonlySet<string> = new Set(['allow', 'service', 'relay', 'maxMessageBytes']);

/** @throws INVALID_OPTION */
export const resolveAdapterOptions = (options: AdapterOptions): Readonly<Required<AdapterOptions>> => {
  const unknown = Object.keys(options).find((name) => !NAMES.has(name));
  if (unknown !== undefined) {
    throw new InvalidOptionError(unknown, `is none of those there are: ${[...NAMES].join(', ')}`, unknown);
  }
  const { allow, service = AUTOMERGE_SERVICE, relay = 'allow', maxMessageBytes = DEFAULT_MAX_MESSAGE_BYTES } = options;
  if (allow !== 'paired' && !Array.isArray(allow)) {
    throw new InvalidOptionError('allow', 'must be "paired" or a list of devices', allow);
  }
  if (!Number.isInteger(maxMessageBytes) || maxMessageBytes < 1_024 || maxMessageBytes > 2 ** 31) {
    throw new InvalidOptionError('maxMessageBytes', 'must be a whole number, 1,024 to 2,147,483,648', maxMessageBytes);
  }
  return { allow, service, relay, maxMessageBytes };
};

import { InvalidOptionError } from '@bowline/contracts';

/** Where the inspector listens, how often it looks, and where its page lies. */
export interface InspectorOptions {
  /** TCP port on 127.0.0.1, 0 to 65,535; 0: any. @defaultValue 0 */
  readonly port: number;
  /** How often a page that is open is sent what changed, milliseconds, at least 250. @defaultValue 1_000: a round trip is measured no oftener */
  readonly refreshMs: number;
  /**
   * Folder that holds the page, with a slash at the end: for an app that is bundled, and has no installed packages to find it
   * in. @defaultValue `null`: the folder `dist/page` of the installed package
   */
  readonly pageFolder: URL | null;
  /**
   * What begins a command for this device in the shell of its person, quoted where the shell wants it, at most 16,384 characters:
   * the page offers to copy what it does as a command. @defaultValue `null`: it offers none
   */
  readonly command: string | null;
}

export const INSPECTOR_DEFAULTS: InspectorOptions = Object.freeze({
  port: 0,
  refreshMs: 1_000,
  pageFolder: null,
  command: null,
});

/** A path has at most 4,096 bytes, and quoting makes four characters of one at most. */
const MAX_COMMAND_CHARACTERS = 16_384;

/** Fills in defaults and checks every field. @throws {@link InvalidOptionError} */
export const resolveInspectorOptions = (input: Partial<InspectorOptions> = {}): Readonly<InspectorOptions> => {
  const options = { ...INSPECTOR_DEFAULTS, ...input };
  if (!Number.isInteger(options.port) || options.port < 0 || options.port > 65_535) {
    throw new InvalidOptionError('port', 'must be a whole number from 0 to 65,535', options.port);
  }
  if (!Number.isFinite(options.refreshMs) || options.refreshMs < 250) {
    throw new InvalidOptionError('refreshMs', 'must be milliseconds, at least 250', options.refreshMs);
  }
  const { pageFolder } = options;
  if (pageFolder !== null && !(pageFolder instanceof URL && pageFolder.protocol === 'file:')) {
    throw new InvalidOptionError('pageFolder', 'must be a "file:" URL', pageFolder);
  }
  const { command } = options;
  const isCommand =
    typeof command === 'string' &&
    command.length >= 1 &&
    command.length <= MAX_COMMAND_CHARACTERS &&
    !/\p{Cc}/u.test(command);
  if (command !== null && !isCommand) {
    throw new InvalidOptionError('command', 'must be one line of 1 to 16,384 characters, or null', command);
  }
  return Object.freeze(options);
};

import { dirname, resolve } from 'node:path';
import { InvalidOptionError } from '@bowline/contracts';
import { z } from 'zod';
import { WrongUseError } from '../errors.ts';
import { readSmallFile } from './small-file.ts';

const text = (rule: string) => z.string({ error: rule }).min(1, { error: rule });
const wholeNumber = z.int({ error: 'must be a whole number' });
const flag = z.boolean({ error: 'must be true or false' });
const texts = (rule: string) => z.array(text(rule), { error: 'must be a list' });
const file = text('must name a file');
const address = text('must be an IP address');
const endpointIds = texts('must be an endpoint id (64 hexadecimal digits)');

const accessSchema = z.strictObject(
  {
    tokens: texts('must be a token').optional(),
    tokenFile: file.optional(),
    allow: endpointIds.optional(),
    deny: endpointIds.optional(),
    callOut: z
      .strictObject(
        {
          url: text('must be an http or https URL'),
          bearerTokenFile: file.optional(),
          timeoutMs: wholeNumber.optional(),
        },
        { error: 'must hold "url"' },
      )
      .optional(),
  },
  { error: 'must hold rules: tokens, tokenFile, allow, deny, callOut' },
);

const limitsSchema = z.strictObject(
  {
    maxClients: wholeNumber.optional(),
    maxPendingConnections: wholeNumber.optional(),
    maxPendingPerAddress: wholeNumber.optional(),
    connectionRate: z
      .strictObject({ perSecond: wholeNumber, burst: wholeNumber }, { error: 'must hold "perSecond" and "burst"' })
      .optional(),
    receiveLimit: z
      .strictObject(
        { bytesPerSecond: wholeNumber, burstBytes: wholeNumber },
        { error: 'must hold "bytesPerSecond" and "burstBytes"' },
      )
      .optional(),
    sendQueueBytes: wholeNumber.optional(),
    totalQueueBytes: wholeNumber.optional(),
  },
  { error: 'must hold limits' },
);

const configSchema = z.strictObject(
  {
    bind: address.optional(),
    port: wholeNumber.optional(),
    tls: z
      .strictObject(
        { certificateFile: file, privateKeyFile: file },
        { error: 'must hold "certificateFile" and "privateKeyFile"' },
      )
      .optional(),
    access: accessSchema.optional(),
    limits: limitsSchema.optional(),
    metrics: z.strictObject({ bind: address.optional(), port: wholeNumber }, { error: 'must hold "port"' }).optional(),
    observer: z
      .union([z.literal('off'), z.strictObject({ bind: address.optional(), port: wholeNumber })], {
        error: 'must be "off" or hold "port"',
      })
      .optional(),
    tokenInUrl: flag.optional(),
    publicHosts: z.array(z.string(), { error: 'must be a list of hosts' }).optional(),
    logAddresses: flag.optional(),
  },
  { error: 'must be an object' },
);

/** What may stand in the file of `bowline relay serve --config`; every field may be left out. */
export type RelayConfig = z.infer<typeof configSchema>;

/**
 * Reads a configuration file. Files it names are taken from its own folder.
 *
 * Ranges are not checked here: the relay knows them, and checks what flags say alike.
 *
 * @throws WrongUseError when it cannot be read or is not JSON; InvalidOptionError naming field, rule and value
 */
export const readConfigFile = async (path: string): Promise<RelayConfig> => {
  const content = await readSmallFile('--config', path);
  let json: unknown;
  try {
    json = JSON.parse(content);
  } catch {
    // The parser's message quotes the file, which may hold tokens.
    throw new WrongUseError(`--config: ${path} is not JSON.${placeOfMistake(content)}`);
  }
  const parsed = configSchema.safeParse(json);
  if (!parsed.success) throw invalidConfig(path, json, parsed.error);
  return fromFolder(parsed.data, dirname(path));
};

/** Where a person should look: a comma before a closing bracket is what goes wrong most. */
const placeOfMistake = (content: string): string => {
  const match = /,\s*[}\]]/.exec(content);
  if (match === null) return '';
  return ` Line ${content.slice(0, match.index).split('\n').length} ends a list with a comma.`;
};

const invalidConfig = (path: string, json: unknown, { issues: [issue] }: z.ZodError): InvalidOptionError => {
  const where = (issue?.path ?? []).map(String);
  const field = (at: readonly string[]) => `${at.join('.') || 'the whole file'} (in ${path})`;
  if (issue?.code === 'unrecognized_keys') {
    const at = [...where, issue.keys[0] ?? ''];
    return new InvalidOptionError(field(at), 'is not a field of the configuration', describeValue(at, json));
  }
  return new InvalidOptionError(field(where), issue?.message ?? 'is not right', describeValue(where, json));
};

const describeValue = (path: readonly string[], json: unknown): unknown => {
  if (path.some((name) => /token/i.test(name))) return 'a secret that is not shown';
  let value: unknown = json;
  for (const name of path) {
    value = typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
  }
  return typeof value === 'object' ? JSON.stringify(value) : value;
};

const fromFolder = (config: RelayConfig, folder: string): RelayConfig => {
  const { access, tls } = config;
  const at = (path: string): string => resolve(folder, path);
  const callOut = access?.callOut;
  return {
    ...config,
    ...(tls && { tls: { certificateFile: at(tls.certificateFile), privateKeyFile: at(tls.privateKeyFile) } }),
    ...(access && {
      access: {
        ...access,
        ...(access.tokenFile !== undefined && { tokenFile: at(access.tokenFile) }),
        ...(callOut && {
          callOut: {
            ...callOut,
            ...(callOut.bearerTokenFile !== undefined && { bearerTokenFile: at(callOut.bearerTokenFile) }),
          },
        }),
      },
    }),
  };
};

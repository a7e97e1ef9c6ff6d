import { z } from 'zod';

/** Milliseconds since 1970, whole. */
const atMs = z.int().min(0);

/** Milliseconds. */
const ms = z.number().min(0);

const id = z.string().regex(/^d-[0-9a-z]{16}$/);
const endpointId = z.string().regex(/^[0-9a-f]{64}$/);
const url = z.string();
const port = z.int().min(0).max(65_535);
const device = z.strictObject({ id, endpointId, name: z.string() });
/** A device that may never have been paired here. */
const maybeNamed = z.strictObject({ id, name: z.string().nullable() });
const card = z.strictObject({ name: z.string(), platform: z.string() });
const pathKind = z.enum(['direct', 'relay']);
const path = { path: pathKind.nullable(), remoteAddress: z.string().nullable(), rttMs: ms.nullable() };
/** The name of a discovery source: `mdns`, `ticket`, `address`, `rendezvous`. */
const via = z.string();
const role = z.enum(['initiator', 'joiner']);
const digits = z.string().regex(/^[0-9]{6}$/);
const attempts = z.array(z.strictObject({ via, reason: z.string() }));
const searchedRelay = z.strictObject({
  url,
  state: z.enum(['connected', 'connecting', 'down']),
  downReason: z.string().nullable(),
  token: z.enum(['ticket', 'missing', 'own']),
});
const searches = z.array(z.strictObject({ via, reason: z.string(), relays: z.array(searchedRelay).optional() }));
const circumstance = z
  .strictObject({
    kind: z.enum(['pairedHere', 'pairedThere', 'blockedHere', 'blockedThere', 'relayTokenWanted', 'relaysCutOff']),
    device: device.optional(),
  })
  .nullable();
const shownAt = z.strictObject({ host: z.string().nullable(), port }).nullable();
const relay = z.strictObject({
  url,
  state: z.enum(['connected', 'connecting', 'down']),
  rttMs: ms.nullable(),
  role: z.enum(['home', 'standby', 'peer']),
  downReason: z.string().nullable(),
});
const heldBack = z.enum(['inboxFull', 'storeFull']).nullable();
const mdnsProblem = z.strictObject({
  code: z.enum([
    'portTaken',
    'unheard',
    'notAllowed',
    'unreachable',
    'noNetwork',
    'addressMissing',
    'linkLocalOnly',
    'other',
  ]),
  reason: z.string(),
  remedy: z.string(),
});
const storeProblem = z.strictObject({ code: z.string(), reason: z.string(), remedy: z.string() }).nullable();
const keyKind = z.enum(['keychain', 'passphrase', 'file', 'app']);
const messageTotal = z.strictObject({ count: z.int(), bytes: z.int() });
const addressDiscovery = z.strictObject({ relay: url, addresses: z.array(z.string()) }).nullable();
const nat = z.enum(['none', 'endpoint-independent', 'symmetric', 'unknown']);
const byteCount = z.strictObject({ sentBytes: z.int(), receivedBytes: z.int() });
const budget = z.strictObject({ peerBytesPerDay: z.int().nullable(), totalBytesPerDay: z.int().nullable() }).nullable();
const traffic = z.looseObject({ total: z.looseObject({}), spentTodayBytes: z.number(), budget });

/** Why a worker crashed. */
const failure = z.strictObject({ code: z.string(), reason: z.string() }).nullable();

const machine = z.enum(['initiator', 'joiner', 'worker', 'link', 'relay-connection']);

const named = <Name extends string, Shape extends z.ZodRawShape>(event: Name, shape: Shape) =>
  z.strictObject({ event: z.literal(event), ...shape });

/** What `events` adds to an event that comes from the journal. */
const journaled = { position: z.int().optional() };
const told = <Name extends string, Shape extends z.ZodRawShape>(event: Name, shape: Shape) =>
  named(event, { ...shape, atMs, ...journaled });
const aboutDevice = { deviceId: id, name: z.string().nullable() };

const EVENTS = [
  told('pairing.stateChanged', { sessionId: z.string(), role, state: z.string() }),
  told('pairing.peerProven', {
    sessionId: z.string(),
    role,
    authenticationString: digits,
    peer: card,
    mustDecide: z.boolean(),
  }),
  told('pairing.confirmationNeeded', {
    sessionId: z.string(),
    authenticationString: digits,
    peer: card,
    renews: device.nullable(),
  }),
  told('pairing.completed', {
    role,
    device: z.strictObject({ id, endpointId: endpointId.nullable(), name: z.string().nullable() }),
    isRenewed: z.boolean(),
    via: via.nullable(),
    path: pathKind,
  }),
  told('pairing.failed', {
    sessionId: z.string(),
    role,
    code: z.string(),
    reason: z.string(),
    attempts: searches,
    circumstance,
  }),
  told('device.connected', { ...aboutDevice, ...path }),
  told('device.disconnected', { ...aboutDevice, reason: z.string() }),
  told('device.pathChanged', { ...aboutDevice, ...path }),
  told('device.routeChanged', {
    ...aboutDevice,
    relayUrl: url,
    previous: url.nullable(),
    reason: z.enum(['first', 'relayDown', 'peerMoved']),
  }),
  told('device.removed', { ...aboutDevice, by: z.enum(['us', 'peer']) }),
  told('device.renamed', aboutDevice),
  told('device.blocked', aboutDevice),
  told('device.unblocked', aboutDevice),
  told('device.cloned', { ...aboutDevice, isCloned: z.boolean() }),
  told('identity.restored', { forgottenStarts: z.int() }),
  told('message.received', {
    ...aboutDevice,
    text: z.string().nullable(),
    bytesBase64: z.string().nullable(),
    sizeBytes: z.int().optional(),
  }),
  told('relay.stateChanged', { url, state: relay.shape.state, downReason: z.string().nullable() }),
  told('relay.homeChanged', { homeRelayUrl: url.nullable(), previous: url.nullable(), reason: z.string() }),
  told('relay.budgetCrossed', {
    deviceId: id.nullable(),
    name: z.string().nullable(),
    level: z.enum(['warning', 'limit']),
    spentBytes: z.number(),
    limitBytes: z.number(),
  }),
  told('connection.refused', { endpointId: endpointId.nullable(), alpn: z.string().nullable(), name: z.string() }),
  told('journal.trimmed', { upToPosition: z.int() }),
  told('messages.heldBack', { ...aboutDevice, by: z.enum(['us', 'peer']), reason: heldBack }),
  told('store.problemChanged', { problem: storeProblem }),
  told('network.changed', { cause: z.enum(['interfaces', 'wake']) }),
  told('network.observed', { addresses: z.array(z.string()), nat }),
  told('discovery.healthChanged', { problem: z.string().nullable() }),
  told('worker.stateChanged', { name: z.string(), state: z.string(), restarts: z.int(), failure }),
] as const;

const side = z.enum(['here', 'there', 'both', 'between']).nullable();
const diagnosisCause = {
  cause: z.string(),
  sentence: z.string(),
  certainty: z.enum(['known', 'likely', 'unknown']),
  side,
};
const diagnosis = {
  device: z.strictObject({ id, name: z.string() }),
  state: z.enum(['connected', 'connecting', 'offline']),
  path: pathKind.nullable(),
  ...diagnosisCause,
  evidence: z.array(
    z.strictObject({
      fact: z.string(),
      value: z.union([z.string(), z.number(), z.boolean()]).nullable(),
      atMs,
      from: z.enum(['here', 'there']),
    }),
  ),
  remedies: z.array(
    z.strictObject({
      code: z.string(),
      sentence: z.string(),
      tried: z.strictObject({ outcome: z.string(), atMs }).nullable(),
    }),
  ),
  also: z.array(z.strictObject(diagnosisCause)),
};

const service = { name: z.string(), kind: z.enum(['systemd', 'launchd', 'windows-task']), file: z.string() };
/** Ids of devices, or `*` for every paired one. */
const receivers = z.array(z.union([id, z.literal('*')]));
/** Devices on the local network do not find each other, and why. */
const localNetworkFailing = named('localNetworkFailing', { message: z.string() });
const proven = named('proven', { authenticationString: digits, peer: card });
const failed = named('failed', {
  code: z.string(),
  reason: z.string(),
  attempts,
  circumstance: circumstance.optional(),
});
const paired = named('paired', { device, isRenewed: z.boolean(), authenticationString: digits });
const joined = named('paired', {
  ...paired.shape,
  via: via.nullable(),
  path: pathKind,
  elapsedMs: z.int(),
  discoveredMs: z.int().nullable(),
});
const keyChanged = named('keyChanged', { key: keyKind, previous: keyKind });
const relaysChosen = named('relaysChosen', {
  relays: z.array(z.string()),
  answers: z.array(z.strictObject({ url, rttMs: ms.nullable(), problem: z.string().nullable() })),
});

/** What any command prints when it fails. */
export const ERROR_OUTPUT = named('error', { error: z.strictObject({ code: z.string(), message: z.string() }) });

/**
 * Every object that a command prints with `--json`, by the command, in the order in which they come. The guide's tables are
 * made of them, and tests hold what is printed against them. Long because it is a list, and its entries share their fields.
 */
export const COMMAND_OUTPUTS: Readonly<Record<string, readonly z.ZodObject[]>> = {
  down: [named('stopped', { pid: z.int() })],
  logs: [named('log', { line: z.string() })],
  'service install': [
    named('serviceInstalled', { ...service, isStarted: z.boolean(), problem: z.string().nullable() }),
  ],
  'service uninstall': [
    named('serviceUninstalled', { ...service, wasInstalled: z.boolean(), problem: z.string().nullable() }),
  ],
  'service status': [
    named('serviceStatus', {
      ...service,
      isInstalled: z.boolean(),
      isRunning: z.boolean(),
      problem: z.string().nullable(),
    }),
  ],
  up: [
    named('ready', {
      device,
      pid: z.int(),
      relays: z.array(relay),
      store: z.strictObject({ key: keyKind, problem: storeProblem }),
      inspector: z.strictObject({ url }).optional(),
    }),
  ],
  inspect: [named('inspector', { url })],
  serve: [
    named('serving', { service: z.string(), target: z.string(), to: receivers }),
    named('unserved', { service: z.string(), wasServed: z.boolean() }),
  ],
  services: [
    named('service', { service: z.string(), target: z.string().nullable(), to: receivers }),
    named('service', { device: z.strictObject({ id, name: z.string() }), service: z.string() }),
  ],
  connect: [named('listening', { host: z.string(), port }), named('listening', { socket: z.string() })],
  pair: [
    named('code', {
      words: z.string(),
      ticket: z.string(),
      expiresAtMs: atMs,
      sharedTokenUrls: z.array(url),
      at: shownAt,
    }),
    localNetworkFailing,
    proven,
    paired,
    failed,
  ],
  join: [named('codeExposed', { message: z.string() }), localNetworkFailing, proven, joined, failed],
  devices: [
    named('devices', {
      devices: z.array(
        z.strictObject({
          ...device.shape,
          platform: z.string(),
          pairingState: z.enum(['pending', 'paired']),
          pairedAtMs: atMs,
          lastSeenAtMs: atMs.nullable(),
          homeRelayUrl: url.nullable(),
          note: z.string().nullable(),
          comparedAtMs: atMs.nullable(),
          permissions: z.strictObject({ relay: z.enum(['allow', 'deny']) }),
          services: z.array(z.string()).nullable(),
        }),
      ),
    }),
  ],
  status: [
    named('status', {
      device,
      relays: z.array(relay),
      homeReason: z.string().nullable(),
      network: z.strictObject({
        families: z.array(z.enum(['ipv4', 'ipv6'])),
        observed: z.array(z.strictObject({ address: z.string(), by: z.string(), seenAtMs: atMs })),
        nat,
        addressDiscovery,
        mdns: z.strictObject({ state: z.enum(['works', 'failing', 'off']), problem: mdnsProblem.nullable() }),
        openedPort: z.strictObject({ address: z.string(), isClosed: z.boolean(), reason: z.string() }).nullable(),
        tcp: z.strictObject({ reach: z.enum(['off', 'private', 'public']), listeningAt: z.array(z.string()) }),
      }),
      store: z.strictObject({ key: keyKind, problem: storeProblem }),
      inbox: messageTotal,
      peers: z.array(
        z.strictObject({
          id,
          name: z.string(),
          state: z.enum(['connected', 'connecting', 'offline']),
          path: pathKind.nullable(),
          relay: url.nullable(),
          rttMs: ms.nullable(),
          tcp: z.strictObject({ bytesPerSecond: z.int() }).nullable(),
          tcpAbsence: z
            .enum(['notNeeded', 'offHere', 'offThere', 'relayed', 'noSharedNetwork', 'blocked', 'lost'])
            .nullable(),
          bytes: z.strictObject({ sinceAtMs: atMs, direct: byteCount, relayed: byteCount }),
          waiting: messageTotal,
          heldBack,
          sinceAtMs: atMs.nullable(),
        }),
      ),
      workers: z.array(
        z.strictObject({
          name: z.string(),
          pid: z.int().nullable(),
          placement: z.enum(['inline', 'thread', 'process']),
          state: z.string(),
          restarts: z.int(),
          failure,
        }),
      ),
    }),
  ],
  doctor: [
    named('bundle', { file: z.string() }),
    named('check', {
      name: z.string(),
      result: z.enum(['ok', 'warning', 'failed', 'skipped']),
      sentence: z.string(),
      remedy: z.string().nullable(),
    }),
  ],
  why: [named('why', diagnosis)],
  machines: [
    named('session', { machine, session: z.string(), state: z.string() }),
    named('transition', {
      machine,
      session: z.string(),
      from: z.string().nullable(),
      to: z.string(),
      by: z.string(),
      atMs,
    }),
  ],
  timeline: [
    named('timeline', {
      atMs,
      kind: z.string(),
      path: pathKind.nullable(),
      relay: url.nullable(),
      cause: z.string().nullable(),
      durationMs: z.int().min(0).nullable(),
    }),
    named('reliability', {
      sinceMs: atMs,
      connectedRatio: z.number().nullable(),
      directRatio: z.number().nullable(),
      outages: z.int(),
      returnP50Ms: ms.nullable(),
      returnP95Ms: ms.nullable(),
      observedMs: ms,
    }),
  ],
  events: EVENTS,
  ping: [
    named('ping', { sequence: z.int(), ...path }),
    named('pingLost', { sequence: z.int(), code: z.string(), reason: z.string() }),
    named('pingSummary', {
      sent: z.int(),
      answered: z.int(),
      minRttMs: ms.nullable(),
      averageRttMs: ms.nullable(),
      maxRttMs: ms.nullable(),
      path: pathKind.nullable(),
    }),
  ],
  send: [named('delivered', { delivered: z.literal(true), elapsedMs: z.int() })],
  messages: [
    named('message', {
      position: z.int(),
      from: z.strictObject({ id, name: z.string() }),
      atMs,
      text: z.string().optional(),
      bytesBase64: z.string().optional(),
    }),
  ],
  push: [
    named('savedAs', { path: z.string(), savedAs: z.string() }),
    named('skipped', { path: z.string(), reason: z.enum(['link', 'noFile', 'path']) }),
    named('pushed', { files: z.int(), bytes: z.int(), elapsedMs: z.int() }),
    named('failed', { code: z.string(), reason: z.string() }),
  ],
  receive: [
    named('receiving', { dir: z.string().nullable(), from: receivers }),
    named('receivingOff', { wasReceiving: z.boolean() }),
  ],
  'backup list': [named('backup', { name: z.string(), madeAtMs: z.int(), sizeBytes: z.int() })],
  'backup restore': [named('restored', { name: z.string(), endpointId: endpointId.nullable(), deviceCount: z.int() })],
  export: [
    named('exported', {
      file: z.string(),
      endpointId: endpointId.nullable(),
      deviceCount: z.int(),
      isRetired: z.boolean(),
    }),
  ],
  import: [named('imported', { device, deviceCount: z.int(), key: keyKind })],
  'key show': [named('key', { key: keyKind })],
  'key keychain': [keyChanged],
  'key file': [keyChanged],
  'key passphrase': [keyChanged],
  reconnect: [named('reconnecting', { device: z.string() })],
  rename: [named('renamed', { device })],
  note: [named('note', { device: z.strictObject({ id, name: z.string() }), note: z.string().nullable() })],
  permissions: [
    named('permissions', {
      device: z.strictObject({ id, name: z.string() }),
      permissions: z.strictObject({ relay: z.enum(['allow', 'deny']) }),
      services: z.array(z.string()),
    }),
  ],
  verify: [
    named('verify', {
      device: z.strictObject({ id, name: z.string() }),
      digits: z.string().regex(/^[0-9]{60}$/),
      comparedAtMs: atMs.nullable(),
    }),
  ],
  unpair: [named('unpaired', { device })],
  block: [named('blocked', { device: maybeNamed, blockedAtMs: atMs })],
  unblock: [named('unblocked', { device: maybeNamed })],
  blocked: [named('blocked', { device: maybeNamed, blockedAtMs: atMs })],
  'relay status': [named('relayStatus', { relays: z.array(relay), addressDiscovery, traffic })],
  'relay set': [relaysChosen],
  'relay pin': [relaysChosen],
  'relay budget': [named('relayBudget', { budget }), named('relayBudgetSet', { budget })],
  'relay serve': [
    named('tokenExposed', { message: z.string() }),
    named('listening', { url, port, metricsPort: port.nullable(), observerPorts: z.array(port) }),
    named('observerOff', { message: z.string(), retryInMs: ms.optional() }),
    named('observerOn', { observerPorts: z.array(port) }),
    named('fewFiles', { message: z.string() }),
    named('certificateInvalid', { message: z.string() }),
    named('renewed', { what: z.array(z.string()) }),
    named('renewalFailed', { message: z.string() }),
    z.looseObject({
      event: z.literal('checked'),
      tls: z.boolean(),
      certificate: z
        .strictObject({ names: z.array(z.string()), issuer: z.string(), validFromAtMs: z.int(), expiresAtMs: z.int() })
        .nullable(),
    }),
  ],
  demo: [
    named('step', { step: z.string(), detail: z.string(), elapsedMs: z.int() }),
    named('running', { dataDirs: z.array(z.string()), relayUrl: url }),
  ],
  'relay switchboard': [
    named('listening', { url, port, endpointId }),
    named('relay.stateChanged', { url, state: relay.shape.state, downReason: z.string().nullable() }),
    named('relay.homeChanged', { homeRelayUrl: url.nullable(), previous: url.nullable(), reason: z.string() }),
  ],
};

/** The same as JSON Schema, for documents that are made of it. */
export const jsonSchemaOf = (output: z.ZodObject): object => z.toJSONSchema(output, { unrepresentable: 'any' });

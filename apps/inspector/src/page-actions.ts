import { BowlineError, brandAs, type DeviceId, type PairingSessionId, type RelayUrl } from '@bowline/contracts';
import { completeWord } from '@bowline/pairing-code';
import { z } from 'zod';
import type { InspectedHost } from './inspected-host.ts';
import type { PagePairings } from './page-pairings.ts';

/** What an action is given. */
export interface ActionComponents {
  readonly host: InspectedHost;
  readonly pairings: PagePairings;
}

/** One thing a page may ask for: how its input is read, and what it does. */
interface PageAction<Input = unknown> {
  readonly input: z.ZodType<Input>;
  readonly run: (input: Input, components: ActionComponents) => Promise<unknown>;
}

const action = <Input>(input: z.ZodType<Input>, run: PageAction<Input>['run']): PageAction =>
  ({ input, run }) as PageAction as never;

const deviceId = z
  .string()
  .min(1)
  .max(64)
  .transform((id) => brandAs<DeviceId>(id));
const sessionId = z
  .string()
  .min(1)
  .max(64)
  .transform((id) => brandAs<PairingSessionId>(id));
const nothing = z.strictObject({});
/** How small it may be the host says, and why. */
const budget = z.int().nullable();
const url = z.string().min(1).max(512);

/** Words offered for what was typed: as many as are seen at a glance. */
const MAX_WORDS_OFFERED = 6;

/** How long a device is waited for that is asked what it serves, milliseconds. */
const SERVICES_WAIT_MS = 5_000;

/** Everything a page may ask for, by name. What is not here cannot be asked. */
const ACTIONS: Readonly<Record<string, PageAction>> = {
  journal: action(
    z.strictObject({ afterPosition: z.int().min(-1), limit: z.int().min(1).max(500) }),
    async (range, { host }) => ({ entries: await host.journal(range) }),
  ),
  traffic: action(nothing, (_, { host }) => host.traffic()),
  explain: action(z.strictObject({ deviceId }), ({ deviceId: id }, { host }) => host.explain(id)),
  timeline: action(z.strictObject({ deviceId, sinceMs: z.int().min(0) }), ({ deviceId: id, sinceMs }, { host }) =>
    host.timeline(id, { sinceMs }),
  ),
  reconnect: action(z.strictObject({ deviceId }), async ({ deviceId: id }, { host }) => host.reconnect(id)),
  rename: action(
    z.strictObject({ deviceId, name: z.string().min(1).max(256) }),
    async ({ deviceId: id, name }, { host }) => host.rename(id, name),
  ),
  unpair: action(z.strictObject({ deviceId }), async ({ deviceId: id }, { host }) => host.unpair(id)),
  setRelays: action(
    z.strictObject({
      choice: z.union([
        z.enum(['default', 'disabled']),
        z.strictObject({
          urls: z
            .array(
              z.strictObject({
                url,
                token: z.string().min(1).max(4_096).optional(),
                pinned: z.boolean().optional(),
                quicPort: z.int().min(1).max(65_535).optional(),
              }),
            )
            .min(1)
            .max(8),
        }),
      ]),
    }),
    async ({ choice }, { host }) => ({
      answers: await host.setRelays(choice as Parameters<InspectedHost['setRelays']>[0]),
    }),
  ),
  setRelayBudget: action(
    z.strictObject({ budget: z.strictObject({ peerBytesPerDay: budget, totalBytesPerDay: budget }).nullable() }),
    async ({ budget: limits }, { host }) => host.setRelayBudget(limits),
  ),
  dropRelay: action(z.strictObject({ url }), async ({ url: relay }, { host }) => ({
    wasConnected: await host.dropRelay(brandAs<RelayUrl>(relay)),
  })),
  check: action(nothing, async (_, { host }) => ({ checks: await host.check() })),
  services: action(z.strictObject({ deviceId }), async ({ deviceId: id }, { host }) => ({
    services: await host.device(id).services({ signal: AbortSignal.timeout(SERVICES_WAIT_MS) }),
  })),
  completeWord: action(z.strictObject({ typed: z.string().min(1).max(16) }), async ({ typed }) => ({
    words: completeWord(typed, MAX_WORDS_OFFERED),
  })),
  pair: action(nothing, (_, { pairings }) => pairings.offer()),
  join: action(z.strictObject({ code: z.string().min(1).max(8_192) }), ({ code }, { pairings }) => pairings.join(code)),
  decide: action(
    z.strictObject({ sessionId, accept: z.boolean(), authenticationString: z.string().min(1).max(16) }),
    (decision, { pairings }) => pairings.decide(decision),
  ),
  cancelPairing: action(z.strictObject({ sessionId }), ({ sessionId: id }, { pairings }) => pairings.cancel(id)),
};

/** An action that is none, or whose input is not as it must be. */
export class PageActionInvalidError extends BowlineError {
  override readonly name = 'PageActionInvalidError';

  constructor(name: string, reason: string) {
    super({
      code: 'PAGE_ACTION_INVALID',
      message: `The page asked for "${name.slice(0, 40)}" in a way this inspector does not know (${reason}); reload the page.`,
      data: { name: name.slice(0, 40), reason },
    });
  }
}

/** Does what a page asks. @throws {@link PageActionInvalidError}, and whatever the host rejects with */
export const runPageAction = async (name: string, input: unknown, components: ActionComponents): Promise<unknown> => {
  const found = Object.hasOwn(ACTIONS, name) ? ACTIONS[name] : undefined;
  if (found === undefined) throw new PageActionInvalidError(name, 'no such action');
  const parsed = found.input.safeParse(input);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new PageActionInvalidError(
      name,
      `${issue?.path.join('.') || 'input'}: ${issue?.message ?? 'not as expected'}`,
    );
  }
  return (await found.run(parsed.data, components)) ?? {};
};

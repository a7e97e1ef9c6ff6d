/** Where the session's token lies between reloads of this one tab; it ends with the tab. */
const STORAGE_KEY = 'bowline-session';

/** How long an answer is waited for, milliseconds: relays that are chosen are tried, which takes a while. */
const ANSWER_MS = 120_000;

/** What the server said no to. */
export class RefusedError extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

const post = (path: string, body: unknown, session: string | null, signal?: AbortSignal): Promise<Response> =>
  fetch(path, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(session === null ? {} : { authorization: `Bearer ${session}` }),
    },
    body: JSON.stringify(body),
    cache: 'no-store',
    credentials: 'omit',
    ...(signal === undefined ? {} : { signal }),
  });

const failureOf = async (response: Response): Promise<RefusedError> => {
  const { error } = (await response.json().catch(() => ({}))) as { error?: { code?: string; message?: string } };
  return new RefusedError(
    error?.code ?? String(response.status),
    error?.message ?? 'The device did not answer as expected.',
  );
};

/** Turns the one-time token of the link into a session, or takes up the one of this tab. @returns `null` without either */
export const openSession = async (): Promise<string | null> => {
  const oneTime = location.hash.slice(1);
  if (oneTime === '') return sessionStorage.getItem(STORAGE_KEY);
  history.replaceState(null, '', location.pathname);
  const response = await post('/api/session', { token: oneTime }, null);
  if (!response.ok) throw await failureOf(response);
  const { session } = (await response.json()) as { session: string };
  sessionStorage.setItem(STORAGE_KEY, session);
  return session;
};

export const forgetSession = (): void => sessionStorage.removeItem(STORAGE_KEY);

/** Asks for one action. @throws {@link RefusedError} */
export const ask = async <T>(session: string, action: string, input: unknown = {}): Promise<T> => {
  const response = await post(`/api/do/${action}`, input, session, AbortSignal.timeout(ANSWER_MS));
  if (!response.ok) throw await failureOf(response);
  return ((await response.json()) as { result: T }).result;
};

/** Takes one event of a stream. @param id by which the server knows it; `undefined`: it has none */
type OnEvent = (event: string, data: unknown, id: string | undefined) => void;

/**
 * Hears events until the server ends the stream or `signal` aborts.
 *
 * @param body `after`: id of the last event that was heard
 * @throws {@link RefusedError}
 */
export const hearEvents = async (
  session: string,
  onEvent: OnEvent,
  signal: AbortSignal,
  { path = '/api/events', body = {} }: { readonly path?: string; readonly body?: { readonly after?: string } } = {},
): Promise<void> => {
  const response = await post(path, body, session, signal);
  if (!response.ok || response.body === null) throw await failureOf(response);
  let rest = '';
  const decoder = new TextDecoder();
  const reader = response.body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    rest += decoder.decode(value, { stream: true });
    const blocks = rest.split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const [, id, event = '', data = 'null'] = /^(?:id: (.*)\n)?event: (.*)\ndata: (.*)$/.exec(block) ?? [];
      onEvent(event, JSON.parse(data), id);
    }
  }
};

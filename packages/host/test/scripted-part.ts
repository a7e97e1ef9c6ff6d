import { settle } from '@bowline/testing';

/** A worker that answers as the test has it, and can be started again. */
export class ScriptedPart {
  readonly asked: { readonly name: string; readonly input: unknown }[] = [];
  answer: (name: string, input: unknown) => unknown = () => ({});
  readonly #prepares: (() => Promise<void> | void)[] = [];
  readonly #stateListeners: ((status: { readonly state: string }) => void)[] = [];
  readonly #listeners = new Map<string, (payload: unknown) => void>();
  readonly client = {
    request: async (name: string, input: unknown) => {
      this.asked.push({ name, input });
      return this.answer(name, input);
    },
    on: (event: string, listener: (payload: unknown) => void) => {
      this.#listeners.set(event, listener);
      return () => undefined;
    },
  };
  onReady = (prepare: () => Promise<void> | void) => {
    this.#prepares.push(prepare);
    return () => undefined;
  };
  onStateChanged = (listener: (status: { readonly state: string }) => void) => {
    this.#stateListeners.push(listener);
    return () => undefined;
  };

  async start(): Promise<void> {
    for (const prepare of this.#prepares) await prepare();
    await settle();
  }

  crash(): void {
    for (const listener of this.#stateListeners) listener({ state: 'crashed' });
  }

  async tell(event: string, payload: unknown): Promise<void> {
    this.#listeners.get(event)?.(payload);
    await settle();
  }

  inputsOf<T>(name: string): readonly T[] {
    return this.asked.filter((each) => each.name === name).map(({ input }) => input as T);
  }
}

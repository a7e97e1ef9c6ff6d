/** What a value is, as far as it can be looked at: what the types of the channels say, as data. */
export type Shape =
  | 'text'
  | 'number'
  | 'flag'
  | 'bytes'
  | 'null'
  /** Nothing at all: an answer without a value. */
  | 'nothing'
  | 'anything'
  /** A text with a meaning, e.g. a `DeviceId`. */
  | { readonly text: string }
  /** Exactly this value. */
  | { readonly is: string | number | boolean }
  | { readonly listOf: Shape }
  /** An object with any names. */
  | { readonly mapOf: Shape }
  /** An object with these fields; the names of those that may be left out end in `?`. */
  | { readonly fields: Readonly<Record<string, Shape>> }
  | { readonly oneOf: readonly Shape[] }
  /** One of {@link ChannelShapes.named}. */
  | { readonly ref: string };

/** What can be asked and told on one channel. */
export interface ChannelShape {
  readonly requests: Readonly<Record<string, { readonly input: Shape; readonly output: Shape }>>;
  readonly events: Readonly<Record<string, Shape>>;
}

/** What can be asked and told on all of them. */
export interface ChannelShapes {
  /** By the name of the channel. */
  readonly channels: Readonly<Record<string, ChannelShape>>;
  readonly named: Readonly<Record<string, Shape>>;
}

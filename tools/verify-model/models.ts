/** One model of `docs/protocol/model`. */
export interface ProtocolModel {
  readonly name: string;
  /**
   * Queries about messages that can be sent again within what the protocol allows: they hold as long as there is one session of
   * each side, and fail with two.
   */
  readonly repeatable: readonly string[];
  /** Whether its terms can grow for ever, so that with two sessions they are searched to a depth instead of all. */
  readonly hasGrowingTerms: boolean;
}

/** Every model there is; each claim of `docs/protocol/pairing.md` is a query of one of them. */
export const MODELS: readonly ProtocolModel[] = [
  { name: 'pairing', repeatable: [], hasGrowingTerms: false },
  {
    name: 'hello',
    repeatable: ['authentication? Joiner -> Initiator: hello_tag', 'authentication? Joiner -> Initiator: joiner_id'],
    hasGrowingTerms: false,
  },
  { name: 'rendezvous', repeatable: ['authentication? Joiner -> Initiator: joiner_id'], hasGrowingTerms: false },
  { name: 'digits-chosen-by-joiner', repeatable: [], hasGrowingTerms: true },
  { name: 'digits-chosen-by-initiator', repeatable: [], hasGrowingTerms: false },
];

/** A model with one mistake in it, which a search that is worth anything finds. */
export interface Mutant {
  readonly model: string;
  /** What is wrong with it. */
  readonly mistake: string;
  /** The mistake, as changes of the model's text; each must apply. */
  readonly changes: readonly (readonly [from: string, to: string])[];
  /** Queries that fail because of it; others may. */
  readonly breaks: readonly string[];
}

const BOTH_IDS = 'CONCAT(initiator_id, joiner_id)';

const asks = (sender: string, recipient: string) => (value: string) =>
  `authentication? ${sender} -> ${recipient}: ${value}`;
const fromInitiator = asks('Initiator', 'Joiner');
const fromJoiner = asks('Joiner', 'Initiator');
const secret = (value: string) => `confidentiality? ${value}`;

/** For each part of the protocol, what it is there for: without it a claim falls. */
export const MUTANTS: readonly Mutant[] = [
  {
    model: 'pairing',
    mistake: 'the ids are left out of the MACs',
    changes: [[BOTH_IDS, 'CONCAT(versions, versions)']],
    breaks: [secret('joiner_card'), secret('initiator_card'), fromInitiator('initiator_id'), fromJoiner('joiner_id')],
  },
  {
    model: 'pairing',
    mistake: 'the code has leaked',
    changes: [['leaks lan_tag, session_id', 'leaks lan_tag, session_id, code']],
    breaks: [secret('i_proof'), secret('joiner_card'), secret('initiator_card'), fromJoiner('joiner_proof')],
  },
  {
    model: 'pairing',
    mistake: 'the proof key is derived with the label of the LAN tag',
    changes: [['code, l_proof)', 'code, l_lan)']],
    breaks: [secret('i_proof'), secret('joiner_card'), fromInitiator('challenge_proof'), fromInitiator('initiator_id')],
  },
  {
    model: 'pairing',
    mistake: "welcome and finish have one label: the initiator's own proof comes back to it as the joiner's",
    changes: [
      ['l_joiner, l_initiator_card, l_joiner_done', 'l_joiner, l_initiator_card'],
      ['CONCAT(l_joiner_done,', 'CONCAT(l_initiator_card,'],
    ],
    breaks: [fromJoiner('finish_proof')],
  },
  {
    model: 'pairing',
    mistake: "the initiator's nonce is left out of the MACs",
    changes: [[', commitment, initiator_nonce)', ', commitment)']],
    breaks: [fromJoiner('joiner_proof'), fromJoiner('joiner_id')],
  },
  {
    model: 'hello',
    mistake: 'the lookup key is derived with the label of the session id',
    changes: [['code, l_lookup)', 'code, l_session)']],
    breaks: [secret('i_lookup'), fromJoiner('hello_tag')],
  },
  {
    model: 'hello',
    mistake: 'a refusal does not name the hello it answers',
    changes: [
      [`CONCAT(l_refusal, reason, ${BOTH_IDS}, versions, commitment)`, `CONCAT(l_refusal, reason, ${BOTH_IDS})`],
    ],
    breaks: [fromInitiator('refusal_proof')],
  },
  {
    model: 'rendezvous',
    mistake: "the joiner's id is left out of the MACs",
    changes: [
      ['CONCAT(j_rendezvous_id, joiner_id)', 'j_rendezvous_id'],
      ['CONCAT(i_rendezvous_id, joiner_id)', 'i_rendezvous_id'],
    ],
    breaks: [secret('address')],
  },
  {
    model: 'rendezvous',
    mistake: 'the nonce is left out of the MACs',
    changes: [
      ['versions, nonce))', 'versions, versions))'],
      ['CONCAT(versions, nonce)', 'CONCAT(versions, versions)'],
    ],
    breaks: [fromInitiator('address_proof')],
  },
  {
    model: 'rendezvous',
    mistake: 'the code has leaked',
    changes: [['leaks lan_tag, order_seed', 'leaks code, lan_tag, order_seed']],
    breaks: [secret('i_rendezvous'), secret('address'), fromInitiator('address_proof')],
  },
  {
    model: 'rendezvous',
    mistake: 'the proof key is derived with the label of the relay order',
    changes: [['code, l_rendezvous_proof)', 'code, l_order)']],
    breaks: [secret('i_proof'), secret('address')],
  },
  {
    model: 'digits-chosen-by-joiner',
    mistake: 'nobody checks the commitment: the nonce is chosen last',
    changes: [['\t_ = ASSERT(HASH(l_commit, joiner_nonce), commitment)?\n', '']],
    breaks: [secret('initiator_secret')],
  },
  {
    model: 'digits-chosen-by-joiner',
    mistake: 'nobody compares the digits',
    changes: [
      ['\t_ = ASSERT(i_digits, j_digits)?\n', ''],
      ['\t_ = ASSERT(j_digits, i_digits)?\n', ''],
    ],
    breaks: [secret('joiner_secret'), secret('initiator_secret')],
  },
  {
    model: 'digits-chosen-by-initiator',
    mistake: 'the nonce is sent in place of a commitment to it',
    changes: [
      ['Joiner -> Initiator: joiner_id, commitment', 'Joiner -> Initiator: joiner_id, commitment, joiner_nonce'],
      ['Joiner -> Initiator: joiner_nonce\n', ''],
    ],
    breaks: [secret('joiner_secret')],
  },
];

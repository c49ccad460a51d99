import type { Arguments } from '../../access/decision.ts';
import { identityOf } from '../../access/explain-caller.ts';
import type { RecordedArguments } from '../../audit/replay/arguments.ts';
import type { RecordedCall } from '../../audit/replay/recorded-call.ts';
import type { Identity } from '../../identity/identity.ts';

const proofs: readonly Identity['proof'][] = ['jwt', 'robot-key', 'workload', 'local'];

/** Who the record says called. */
export function recordedCaller(
  call: Pick<RecordedCall, 'actor' | 'actorType' | 'email' | 'groups'> & Partial<Pick<RecordedCall, 'auth' | 'tok'>>,
): Identity {
  const { actor: name, actorType, email, groups: claims, auth, tok = '' } = call;
  const who = identityOf(actorType === 'robot' ? { kind: 'robot', name } : { kind: 'user', name, claims });
  const proof = proofs.find((each) => each === auth) ?? who.proof;
  return { ...who, claims, email, proof, token: tok };
}

/** What is said of arguments no condition was judged on, since programs may read them differently. */
const unfitWords = 'the arguments ';

/** The arguments to decide on again; `err` of the record tells when they were unfit to be judged. */
export function argumentsAgain(
  { why, err }: Pick<RecordedCall, 'why' | 'err'>,
  { read }: RecordedArguments,
): Arguments {
  if (why === 'condition' && err.startsWith(unfitWords)) return () => ({ kind: 'unfit', detail: err });
  return () => ({ kind: 'read', value: read() });
}

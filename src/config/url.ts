import { isLoopback } from './address.ts';
import type { Findings } from './findings.ts';
import { holdsReference } from './pasted-secret.ts';
import type { Place } from './problem.ts';

interface UrlContext {
  readonly at: Place;
  readonly findings: Findings;
  /** Whether secrets or proofs travel over it, so that plain http beyond this machine deserves a warning. */
  readonly needsTls: boolean;
}

/** Reports what is wrong with a URL that a person wrote. */
export function checkUrl(text: string, { at, findings, needsTls }: UrlContext): void {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (holdsReference(text)) {
    findings.error('GH069', at, { message: 'a secret reference is not resolved in a URL', hint: 'use auth' });
  } else if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
    findings.error('GH062', at, 'expected an http or https URL, found something else');
  } else if (url.username !== '' || url.password !== '') {
    findings.error('GH038', at, {
      message: 'expected a URL without a user name or password (not shown)',
      hint: 'leave it out; a server gets its credentials from auth',
    });
  } else if (url.hash !== '') {
    findings.error('GH062', at, 'expected a URL without a fragment (#…)');
  } else if (needsTls && url.protocol === 'http:' && !isLoopback({ host: url.hostname.replace(/^\[|\]$/g, '') })) {
    findings.warning('GH079', at, {
      message: 'credentials travel over plain http here, readable on the way',
      hint: 'use https',
    });
  }
}

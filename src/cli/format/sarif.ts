import { createHash } from 'node:crypto';
import { printable } from '../../audit/answer/printable.ts';
import { version } from '../../version.ts';
import type { Outcome, Result } from './outcome.ts';

const schema = 'https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json';

/** A log in the Static Analysis Results Interchange Format 2.1.0 (OASIS), which code scanners' pages take. */
export function sarifOf({ command, results }: Outcome): string {
  const rules = [...new Map(results.map(({ rule }) => [rule.id, rule])).values()];
  const fingerprint = createFingerprint();
  const run = {
    tool: {
      driver: {
        name: 'gatehouse',
        version,
        rules: rules.map(({ id, text }) => ({ id, shortDescription: { text: plain(text) } })),
      },
    },
    // Tells the runs of several commands on one commit apart, §3.17.
    automationDetails: { id: `gatehouse/${command.replaceAll(' ', '-')}/` },
    columnKind: 'utf16CodeUnits',
    results: results.map((result) => ({
      ruleId: result.rule.id,
      ruleIndex: rules.findIndex(({ id }) => id === result.rule.id),
      level: result.level,
      message: { text: plain(`${result.title === result.rule.id ? '' : `${result.title}\n`}${result.message}`) },
      locations: [{ physicalLocation: physicalLocation(result) }],
      partialFingerprints: { 'gatehouse/v1': fingerprint(result) },
    })),
  };
  return `${JSON.stringify({ $schema: schema, version: '2.1.0', runs: [run] }, null, 2)}\n`;
}

function physicalLocation({ place: { file, line, col } }: Result) {
  const uri = file.split('/').map(encodeURIComponent).join('/');
  return { artifactLocation: { uri, uriBaseId: '%SRCROOT%' }, region: { startLine: line, startColumn: col } };
}

/** Without the line, so that a result stays the same one when lines are added above it; twins are numbered. */
function createFingerprint(): (result: Result) => string {
  const seen = new Map<string, number>();
  return ({ rule, title, message, place }) => {
    const hash = createHash('sha256')
      .update(JSON.stringify([rule.id, title, message, place.file]))
      .digest('hex');
    const nth = (seen.get(hash) ?? 0) + 1;
    seen.set(hash, nth);
    return `${hash.slice(0, 32)}:${nth}`;
  };
}

/** Plain text may hold links, `[words](target)`, §3.11.6: those of a file under review are none of ours. */
function plain(text: string): string {
  return text.split('\n').map(printable).join('\n').replaceAll('](', '] (');
}

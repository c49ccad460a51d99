import { relative, resolve } from 'node:path';
import { runCases } from '../access/cases.ts';
import { coverageOf, mutationOf } from '../access/cases-strength.ts';
import { type Command, type CommandInput, type Io, UsageError } from './command.ts';
import { outcomeFormats } from './format/outcome-formats.ts';
import { findTests, readSuites } from './test-files.ts';
import { human, isFine, json, outcome, type TestReport } from './test-report.ts';
import { formatOf, openWorld, tellProblems, worldOptions } from './world.ts';

const help = `Usage: gatehouse test [FILE...] [--coverage] [--mutate] [--at DATE]
                      [--config FILE] [--format FORMAT]

Runs the policy's own tests: every *.test.yaml in the policy folder, or the
FILEs. A test says what somebody may and may not call; an invariant what must
hold for everybody, and is tried for all whom the policy can tell apart, now and
at each time a grant begins. Reads files only.

Options:
  --coverage       name the rules, guardrails and conditions that decided no
                   test
  --mutate         once all pass, take away each guardrail, condition, rule
                   and grant in turn, and name those that no test misses
  --at DATE        run as if it were then, 2027-01-31 or 2027-01-31T18:00Z, UTC
  --config FILE    the configuration (default: gateway.config.yaml)
  --format FORMAT  human (default), json (schema/test-output.schema.json),
                   github: annotations, the worst first; sarif, junit, or
                   markdown: for a comment

Examples:
  gatehouse test --mutate
  gatehouse test policies/access.test.yaml --format junit > policy-tests.xml

Exit codes: 0 all passed, 1 a test failed or nothing missed a part taken away,
2 could not run
`;

const formats = { human, json, ...outcomeFormats(outcome) } as const;

/** `gatehouse test` */
export const testCommand: Command = {
  words: ['test'],
  summary: 'Run the tests of the policy',
  help,
  options: { ...worldOptions, coverage: { type: 'boolean' }, mutate: { type: 'boolean' } },
  run,
};

async function run(input: CommandInput, io: Io): Promise<number> {
  const format = formatOf<(report: TestReport) => string>(input, formats);
  const opened = await openWorld(input, io);
  if (opened === null) return 2;
  const named = input.positionals.map((file) => resolve(io.cwd, file));
  const files = named.length > 0 ? named : await findTests(opened.policies);
  if (files.length === 0) throw new UsageError(`there is no *.test.yaml in ${relative(opened.base, opened.policies)}/`);
  const { suites, problems } = await readSuites(files, opened);
  if (problems.length > 0) {
    tellProblems(problems, opened.base, io);
    return 2;
  }
  const { world, at: now } = opened;
  const results = runCases(world, suites, { now });
  const hasPassed = results.every(({ failures }) => failures.length === 0);
  const { coverage, mutate } = input.values;
  if (mutate === true && !hasPassed) io.err('--mutate is left out: it needs tests that pass\n');
  const report: TestReport = {
    results,
    coverage: coverage === true ? coverageOf(world, suites, now) : null,
    mutation: mutate === true && hasPassed ? mutationOf(world, suites, now) : null,
    opened,
    columns: io.columns,
  };
  io.out(format(report));
  return isFine(report) ? 0 : 1;
}

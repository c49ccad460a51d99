import type { Grant, Subject } from '../config/configuration.ts';
import type { Cut } from '../config/cut.ts';
import { isGlob } from '../config/locked-reach.ts';
import type { Path, Source } from '../config/parse.ts';
import type { Place } from '../config/problem.ts';
import type { WrittenPolicy } from '../config/written.ts';
import { withIncluded } from './compile.ts';
import type { ToolTarget } from './decision.ts';
import { nameOf } from './explain-caller.ts';
import type { World } from './explain-world.ts';
import { type RoleAsWritten, type RuleAsWritten, type TargetAsWritten, writtenRoles } from './written-roles.ts';

/** A part of the policy that could go, and nobody would miss it. */
export interface Unused {
  /** `granted-role` is one of a grant's roles, `target` one of a rule's; a `glob` is narrowed, all else goes. */
  readonly kind: 'grant' | 'granted-role' | 'included-role' | 'rule' | 'target' | 'glob' | 'role';
  /** As one speaks of it. */
  readonly name: string;
  readonly at: Place;
  /** In the file of that place. */
  readonly cut: Cut;
  /** Whose access it is. */
  readonly subjects: readonly Subject[];
  /** What it gave them. */
  readonly tools: readonly ToolTarget[];
}

export interface UnusedParts {
  readonly world: World;
  /** The policy files. */
  readonly sources: readonly Source[];
  /** Between which moments use was looked for, epoch milliseconds. */
  readonly from: number;
  readonly to: number;
  /** Whether somebody who is `subject` used the tool, or cannot be said not to have. */
  readonly isUsed: (subject: string, target: ToolTarget) => boolean;
  /** Whether to put in place of globs the tools behind them that were used. */
  readonly narrow: boolean;
}

export interface UnusedAccess {
  /** In an order in which each can go after those before it. */
  readonly unused: readonly Unused[];
  /** Grants that were not judged: they begin within the time or later, or are for other environments. */
  readonly unjudged: readonly Grant[];
}

/**
 * What of the policy gave nobody a tool that was used. All that a grant gives counts as used when it cannot be judged,
 * and so does what is about prompts, resources and servers without a lock. What nobody has, or had, is left alone.
 */
export function unusedIn(parts: UnusedParts): UnusedAccess {
  const roles = writtenRoles(parts.world, parts.sources);
  const holders = holdersIn(parts).filter(({ standing }) => standing !== 'over');
  const judging = createJudging({ roles, holders, ...parts });
  const held = [...roles.values()].filter(({ text }) => judging.heldBy(text).length > 0);
  const alive = held.filter(({ text }) => !judging.isDead(text));
  const dead = held.filter((role) => !alive.includes(role));
  // Who includes others goes before them.
  const reach = ({ text }: RoleAsWritten) => withIncluded([text], parts.world.configuration.policy.roles).length;
  return {
    unused: [
      ...holders.flatMap((holder) => unusedOf(holder, judging)),
      ...alive.flatMap((role) => unusedWithin(role, parts.narrow, judging)),
      ...dead
        .toSorted((a, b) => reach(b) - reach(a))
        .map(({ text, path, at }) =>
          judging.found('role', { name: `the role ${text}`, at, cut: { path }, roles: [text] }),
        ),
    ],
    unjudged: holders.flatMap(({ standing, grant }) => (standing === 'unjudged' ? [grant] : [])),
  };
}

interface Holder {
  readonly grant: Grant;
  readonly path: Path;
  readonly standing: 'judged' | 'unjudged' | 'over';
  /** The granted roles and those they include. */
  readonly roles: readonly string[];
}

function holdersIn({ world: { configuration }, sources, from, to }: UnusedParts): readonly Holder[] {
  const { gateway, policy } = configuration;
  const paths = new Map(
    sources.flatMap((source) =>
      ((source.value as WrittenPolicy).grants ?? []).map((_, index): [string, Path] => {
        return [keyOf(source.at(['grants', index])), ['grants', index]];
      }),
    ),
  );
  return policy.grants.map((grant) => {
    const { starts, expires, environments } = grant;
    const isElsewhere = environments.length > 0 && !environments.includes(gateway.environment);
    const isOver = expires !== null && expires <= to;
    const standing = isOver ? 'over' : isElsewhere || (starts ?? from) > from ? 'unjudged' : 'judged';
    const roles = withIncluded(grant.roles, policy.roles);
    return { grant, path: paths.get(keyOf(grant.at)) ?? [], standing, roles };
  });
}

function keyOf({ file, line, col }: Place): string {
  return `${file}:${line}:${col}`;
}

interface JudgingParts extends UnusedParts {
  readonly roles: ReadonlyMap<string, RoleAsWritten>;
  readonly holders: readonly Holder[];
}

function createJudging({ roles, holders, world, isUsed }: JudgingParts) {
  const { policy } = world.configuration;
  const heldBy = (role: string) => holders.filter((holder) => holder.roles.includes(role));
  const targetsOf = (names: readonly string[]) =>
    withIncluded(names, policy.roles).flatMap((name) => roles.get(name)?.rules.flatMap(({ targets }) => targets) ?? []);
  const uses = ({ standing, grant }: Holder, tool: ToolTarget) =>
    standing === 'unjudged' || isUsed(nameOf(grant.to), tool);
  // A target behind which there is nothing waits for something.
  const needs = (holder: Holder, { tools }: TargetAsWritten) =>
    tools === null || tools.length === 0 || tools.some((tool) => uses(holder, tool));
  const needsRole = (holder: Holder, role: string) => targetsOf([role]).some((target) => needs(holder, target));
  return {
    heldBy,
    uses,
    needs,
    needsRole,
    /** Whether it gives nothing used to any of those who have it. */
    isDead: (role: string) => heldBy(role).every((holder) => !needsRole(holder, role)),
    found(kind: Unused['kind'], { roles: names, holders: whose, ...rest }: Finding): Unused {
      const had = whose ?? heldBy(names[0] ?? '');
      const subjects = new Map(had.map(({ grant: { to } }) => [nameOf(to), to]));
      const tools = rest.tools ?? targetsOf(names).flatMap((target) => target.tools ?? []);
      return { kind, ...rest, subjects: [...subjects.values()], tools: [...new Set(tools)] };
    },
  };
}

type Judging = ReturnType<typeof createJudging>;

interface Finding extends Pick<Unused, 'name' | 'at' | 'cut'> {
  /** What gave it: the first of them stands for whoever has it, and all for the tools. */
  readonly roles: readonly string[];
  readonly holders?: readonly Holder[];
  readonly tools?: readonly ToolTarget[];
}

function unusedOf(holder: Holder, { needsRole, found }: Judging): readonly Unused[] {
  const { grant, path, standing } = holder;
  if (standing !== 'judged') return [];
  const [to, holders] = [nameOf(grant.to), [holder]];
  const idle = grant.roles.filter((role) => !needsRole(holder, role));
  if (idle.length === grant.roles.length) {
    const name = `the grant of ${grant.roles.join(', ')} to ${to}`;
    return [found('grant', { name, at: grant.at, cut: { path }, roles: grant.roles, holders })];
  }
  return idle.map((role) => {
    const cut = { path: [...path, 'roles', grant.roles.indexOf(role)] };
    return found('granted-role', { name: `${role}, granted to ${to}`, at: grant.at, cut, roles: [role], holders });
  });
}

function unusedWithin(role: RoleAsWritten, narrow: boolean, judging: Judging): readonly Unused[] {
  const { heldBy, isDead, found } = judging;
  const dead = role.includes.filter(({ text }) => isDead(text));
  return [
    ...dead.map(({ text, path, at }) => {
      const name = `${text}, included by ${role.text}`;
      return found('included-role', { name, at, cut: { path }, roles: [text], holders: heldBy(role.text) });
    }),
    ...role.rules.flatMap((rule) => unusedInRule(rule, { role: role.text, narrow, judging })),
  ];
}

interface RuleAsked {
  readonly role: string;
  readonly narrow: boolean;
  readonly judging: Judging;
}

function unusedInRule(rule: RuleAsWritten, { role, narrow, judging }: RuleAsked): readonly Unused[] {
  const holders = judging.heldBy(role);
  const isIdle = (target: TargetAsWritten) => holders.every((holder) => !judging.needs(holder, target));
  const idle = rule.targets.filter(isIdle);
  const toolsIn = (targets: readonly TargetAsWritten[]) => targets.flatMap(({ tools }) => tools ?? []);
  const cutting = { roles: [role], holders };
  if (idle.length === rule.targets.length) {
    const { at, path } = rule;
    return [
      judging.found('rule', { name: `${role}: ${rule.text}`, at, cut: { path }, ...cutting, tools: toolsIn(idle) }),
    ];
  }
  const words = new Set(rule.targets.filter((target) => !idle.includes(target)).map(({ text }) => text));
  return [
    ...idle.map(({ text, at, path, tools }) =>
      judging.found('target', { name: `${role}: ${text}`, at, cut: { path }, ...cutting, tools: tools ?? [] }),
    ),
    ...(narrow ? rule.targets : []).flatMap((target) => (idle.includes(target) ? [] : narrowed(target))),
  ];

  function narrowed({ text, at, path, tools }: TargetAsWritten): readonly Unused[] {
    const used = (tools ?? []).filter((tool) => holders.some((holder) => judging.uses(holder, tool)));
    if (!isGlob(text) || tools === null || used.length === 0 || used.length === tools.length) return [];
    const instead = used.map(({ server, tool }) => `${server}/${tool}`).filter((word) => !words.has(word));
    for (const word of instead) words.add(word);
    const cut = instead.length === 0 ? { path } : { path, instead };
    const name = `${role}: ${text}, narrowed to what was used`;
    const rest = tools.filter((tool) => !used.includes(tool));
    return [judging.found('glob', { name, at, cut, ...cutting, tools: rest })];
  }
}

import type { Place } from '../config/problem.ts';
import type { SettingChange } from './difference-settings.ts';
import type { World } from './explain-world.ts';

/** So many tools are named of those that changed together. */
const namesMax = 5;

const severity = { read: 0, write: 1, destructive: 2 } as const;

/** What a review said of tools that both sides have: another class, another definition. */
export function compareLocks(base: World, head: World): readonly SettingChange[] {
  return [...reclassed(base, head), ...redefined(base, head)];
}

/** By lock or registry; a tool that nobody may call any more as destructive was one. */
function reclassed(base: World, head: World): readonly SettingChange[] {
  const before = new Map(base.tools.map((target) => [`${target.server}/${target.tool}`, target.class]));
  return head.tools.flatMap(({ server, tool, class: is }): readonly SettingChange[] => {
    const was = before.get(`${server}/${tool}`);
    if (was === undefined || was === is) return [];
    const lowered = was === 'destructive' ? 'widens-destructive' : 'widens';
    const effect = severity[is] < severity[was] ? lowered : 'narrows';
    const at = { ...placeOfLock(head, server), side: 'head' } as const;
    return [{ what: `class of ${server}/${tool}`, change: 'changed', detail: `${was} → ${is}`, effect, at }];
  });
}

/** A server's tools together, for a review takes them together. */
function redefined(base: World, head: World): readonly SettingChange[] {
  return [...head.configuration.locks.values()].flatMap(({ server, tools, at }): readonly SettingChange[] => {
    const before = base.configuration.locks.get(server)?.tools;
    const names = [...tools.values()].flatMap(({ name, sha256 }) => {
      const was = before?.get(name);
      return was === undefined || was.sha256 === sha256 ? [] : [name];
    });
    if (names.length === 0) return [];
    const more = names.length > namesMax ? ` and ${names.length - namesMax} more` : '';
    const detail = `${names.slice(0, namesMax).join(', ')}${more}`;
    return [
      {
        what: `tool definitions of ${server}`,
        change: 'changed',
        detail,
        effect: 'widens',
        at: { ...at, side: 'head' },
      },
    ];
  });
}

function placeOfLock({ configuration: { locks, servers } }: World, server: string): Place {
  const found = locks.get(server) ?? servers.get(server);
  if (found === undefined) throw new TypeError(`a tool of ${server}, which is not there`);
  return found.at;
}

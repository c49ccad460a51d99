import type { LockedTool, Server, ToolClass } from '../config/configuration.ts';
import { classOf } from './class.ts';
import type { SettingChange } from './difference-settings.ts';
import type { World } from './explain-world.ts';

/** So many tools are named of those that changed together. */
const namesMax = 5;

const severity = { read: 0, write: 1, destructive: 2 } as const;

/** What a review said of tools that both sides have: another class, another definition. */
export function compareLocks(base: World, head: World): readonly SettingChange[] {
  return [...reclassed(base, head), ...redefined(base, head)];
}

/** By lock or registry; one that makes a destructive tool look harmless is the worst. */
function reclassed(base: World, head: World): readonly SettingChange[] {
  return [...head.configuration.locks.values()].flatMap(({ server: name, tools, at }) => {
    const [before, after] = [base, head].map(({ configuration: { servers } }) => servers.get(name));
    const locked = base.configuration.locks.get(name)?.tools;
    if (before === undefined || after === undefined || locked === undefined) return [];
    const isSame = JSON.stringify(before.classes) === JSON.stringify(after.classes);
    return [...tools.values()].flatMap((tool): readonly SettingChange[] => {
      const reviewed = locked.get(tool.name);
      if (reviewed === undefined || (isSame && reviewed.class === tool.class)) return [];
      const [was, is] = [classIn(before, reviewed), classIn(after, tool)];
      if (was === is) return [];
      const lowered = was === 'destructive' ? 'widens-destructive' : 'widens';
      const effect = severity[is] < severity[was] ? lowered : 'narrows';
      const what = `class of ${name}/${tool.name}`;
      return [{ what, change: 'changed', detail: `${was} → ${is}`, effect, at: { ...at, side: 'head' } }];
    });
  });
}

function classIn(server: Server, tool: LockedTool): ToolClass {
  return classOf(server, { name: tool.name, annotations: null }, tool);
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

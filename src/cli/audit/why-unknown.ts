import type { World } from '../../access/explain-world.ts';
import { exposedName } from '../../protocol/names.ts';
import type { Redecided } from './why-decide.ts';

/** What the files say of a name that no tool had. What servers offered at the time is in no file. */
export function unknownTool({ configuration, tools }: World, name: string): Redecided {
  const servers = [...configuration.servers.values()];
  const near = servers.filter(({ prefix }) => prefix === '' || name.startsWith(`${prefix}_`));
  const locked = tools.find((each) =>
    near.some(({ name: server, prefix }) => each.server === server && exposedName(prefix, each.tool) === name),
  );
  const isHidden = configuration.gateway.lock === 'strict' && locked === undefined;
  if (near.length === 0 || isHidden) {
    return { kind: 'agrees', decided: { decision: 'deny', why: 'unknown_tool', rule: '', ticket: '' } };
  }
  const listed = locked === undefined ? '' : ` A lock lists ${locked.server}/${locked.tool}.`;
  return {
    kind: 'undecided',
    reason: `it depends on what servers offered at that time, which is in no file.${listed}`,
  };
}

import assert from 'node:assert/strict';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { acmeRepository, editAcme, emptyRepository, type Repository } from './repository.ts';

const access = 'policies/access.yaml';

async function verdictOf({ plan, commit }: Repository, range = 'main..edited'): Promise<string> {
  commit();
  const { out, code } = await plan(`${range} --format json`);
  const { verdict } = JSON.parse(out);
  assert.equal(code, verdict === 'none' ? 0 : 2, out);
  return verdict;
}

describe('the verdict of gatehouse plan', () => {
  const cases = [
    ['narrows', 'somebody loses a tool', ['roles: [release-keeper, order-watcher]', 'roles: [order-watcher]']],
    ['narrows', 'a right ends sooner', ['FIN-482, expires: 2027-01-31', 'FIN-482, expires: 2026-12-31']],
    [
      'narrows',
      'a condition is added',
      ['- write: github/*', '- { write: github/*, when: \'principal.kind == "person"\' }'],
    ],
    ['narrows', 'a guardrail is added', ['guardrails:\n', 'guardrails:\n  no-pages: { deny: notion/delete_page }\n']],
    ['narrows', 'somebody is revoked', ['revoked:\n', 'revoked:\n  - { user: pete@acme.co }\n']],
    [
      'widens',
      'somebody gains a tool that writes',
      ['read: orders-db/get_order', 'write: pylon/reply\n      - read: orders-db/*'],
    ],
    ['widens', 'a right ends later', ['FIN-482, expires: 2027-01-31', 'FIN-482, expires: 2027-02-28']],
    ['widens', 'a condition says something else', ['"support-triage", "docs"', '"support-triage", "billing"']],
    ['widens', 'a revocation is taken back', ['  - { user: lee@acme.co, since: 2026-11-20 }\n', '  []\n']],
    ['widens-destructive', 'a tool gained can destroy', ['- write: pylon/*', '- any: pylon/delete_ticket']],
    [
      'relaxes-guardrail',
      'a guardrail is gone, whoever that lets in',
      ['  no-robot-destruction: { deny: "*/*", class: destructive, to: robot:* }\n', ''],
    ],
    [
      'relaxes-guardrail',
      'a guardrail spares one more',
      ['except: group:dba }', 'except: [group:dba, group:oncall] }'],
    ],
    [
      'relaxes-guardrail',
      'a guardrail takes away certain calls only',
      [
        'orders-db/delete_*], except: group:dba }',
        'orders-db/delete_*], except: group:dba, when: now.getFullYear() > 2000 }',
      ],
    ],
  ] as const;
  for (const [verdict, why, change] of cases) {
    it(`is ${verdict} when ${why}`, async (context) => {
      const repository = await acmeRepository(context);
      repository.edit(access, change);
      assert.equal(await verdictOf(repository), verdict);
    });
  }

  it('is widens when a server is reached elsewhere, and says where', async (context) => {
    const repository = await acmeRepository(context);
    repository.edit('gateway.config.yaml', ['https://mcp.usepylon.com/', 'https://pylon.example/']);
    assert.equal(await verdictOf(repository), 'widens');
    const { out } = await repository.plan('main..edited');
    assert.match(
      out,
      /~ server pylon changed: url https:\/\/mcp\.usepylon\.com\/ →\n +https:\/\/pylon\.example\/\n +gateway\.config\.yaml:41\n/,
    );
  });

  it('goes by the earliest of several revocations of one user, in whatever letters', async (context) => {
    const repository = await acmeRepository(context);
    repository.edit(access, ['revoked:\n', 'revoked:\n  - { user: lee@acme.co, since: 2026-11-01 }\n']);
    assert.equal(await verdictOf(repository), 'narrows');
    repository.edit(access, ['  - { user: lee@acme.co, since: 2026-11-01 }\n', '']);
    assert.equal(await verdictOf(repository, 'HEAD~1..HEAD'), 'widens');
    repository.edit(access, ['lee@acme.co', 'Lee@acme.co']);
    assert.equal(await verdictOf(repository, 'HEAD~1..HEAD'), 'none');
  });

  it('is widens when a command is cut into other words, or the gateway listens elsewhere', async (context) => {
    const repository = await acmeRepository(context);
    repository.edit('gateway.config.yaml', ['[node, servers/orders.js]', '[node, orders, all]']);
    repository.commit();
    repository.edit('gateway.config.yaml', ['[node, orders, all]', '[node, orders all]']);
    assert.equal(await verdictOf(repository, 'HEAD~1..HEAD'), 'widens');
    assert.match((await repository.plan('HEAD~1..HEAD')).out, /command node orders all → node "orders all"\n/);
    repository.edit('gateway.config.yaml', ['127.0.0.1:8080', '0.0.0.0:8080']);
    assert.equal(await verdictOf(repository, 'HEAD~1..HEAD'), 'widens');
  });

  it('is widens-destructive when a review takes a tool for harmless that was not', async (context) => {
    const repository = await acmeRepository(context);
    const lock = 'policies/lock/pylon.json';
    repository.edit(lock, ['"class": "destructive"', '"class": "read"']);
    assert.equal(await verdictOf(repository), 'widens-destructive');
  });

  it('is widens when lock is loosened and narrows when it is tightened', async (context) => {
    const repository = await acmeRepository(context);
    repository.edit('gateway.config.yaml', ['lock: strict', 'lock: warn']);
    assert.equal(await verdictOf(repository), 'widens');
    assert.equal(await verdictOf(repository, 'edited..main'), 'narrows');
  });
});

describe('gatehouse plan', () => {
  it('takes a base without configuration for one that allows nobody anything', async (context) => {
    const { plan, commit, folder } = await acmeRepository(context);
    commit();
    rmSync(join(folder, 'gateway.config.yaml'));
    commit();
    const { code, out } = await plan('HEAD..main --format json');
    const { verdict, changes } = JSON.parse(out);
    assert.deepEqual([code, verdict], [2, 'widens-destructive']);
    assert(changes.every(({ change }: { change: string }) => change === 'gains'));
    const none = await plan('main..HEAD');
    assert.equal(none.code, 1);
    assert.match(none.err, /HEAD holds no gateway\.config\.yaml/);
  });

  it('compares a commit with the files as they are', async (context) => {
    const repository = await acmeRepository(context);
    editAcme(repository);
    const { out, code } = await repository.plan('main');
    assert.equal(code, 2);
    assert.match(
      out,
      /^relaxes-guardrail: 9 changes for 5 subjects, 1 guardrail, 2 settings\nmain \w{7} → the working tree, /,
    );
  });

  it('compares with where the head has left the base when there are three dots', async (context) => {
    const repository = await acmeRepository(context);
    repository.git('checkout', '-q', 'main');
    repository.edit(access, ['roles: [release-keeper, order-watcher]', 'roles: [order-watcher]']);
    repository.commit();
    assert.deepEqual(
      [(await repository.plan('main..edited')).code, (await repository.plan('main...edited')).code],
      [2, 0],
    );
  });

  it('finds a configuration in a folder of the repository, from wherever it is asked', async (context) => {
    const repository = await emptyRepository(context);
    mkdirSync(join(repository.folder, 'deploy/policies'), { recursive: true });
    repository.put(
      'deploy/gateway.config.yaml',
      'apiVersion: gatehouse/v1\ngateway: { name: x }\nservers: { a: { url: "https://a.example/" } }\n',
    );
    const policy = (grant: string) => `apiVersion: gatehouse/v1\nroles: { r: { allow: [{ read: a/x }] } }\n${grant}`;
    repository.put('deploy/policies/p.yaml', policy(''));
    repository.commit();
    repository.put('deploy/policies/p.yaml', policy('grants: [{ to: everyone, roles: [r] }]\n'));
    repository.commit();
    rmSync(join(repository.folder, 'deploy'), { recursive: true });
    const { out, code } = await repository.plan('HEAD~..HEAD --config deploy/gateway.config.yaml');
    assert.equal(code, 2);
    assert.match(out, /\neveryone\n {2}\+ gains read: a\/x\n {6}deploy\/policies\/p\.yaml:3, 2\n/);
  });

  it('says what is wrong with a side, with the line as that side has it, and ends with 1', async (context) => {
    const { edit, commit, plan } = await acmeRepository(context);
    edit(access, ['roles: [engineer]', 'roles: [enginer]']);
    commit();
    const human = await plan('main..edited');
    assert.equal(human.code, 1);
    assert.match(
      human.err,
      /^edited cannot be compared: its files are wrong\npolicies\/access\.yaml\n {2}67:\d+ {2}error GH050\n/,
    );
    assert.match(human.err, /enginer/);
    edit(access, ['roles: [enginer]', 'roles: [engineer]']);
    const later = await plan('edited..main');
    assert.match(later.err, /\| {3}- \{ to: group:eng, roles: \[enginer\] \}\n/);
    assert.match(
      (await plan('main..edited --format json')).out,
      /"ok": false,\n {2}"problems": \[\n {4}\{\n {6}"code": "GH050"/,
    );
    assert.match((await plan('main..edited --format github')).out, /^::error file=policies\/access\.yaml,line=67/);
  });

  it('tells a wrong command line and ends with 1, for 2 means that something changes', async (context) => {
    const { plan } = await acmeRepository(context);
    const cases = [
      ['nothing..main', /there is no commit nothing here: expected BASE\.\.HEAD/],
      ['--upload-pack=x..main', /Unknown option '--upload-pack'/],
      ['main..edited more', /expected one BASE\.\.HEAD/],
      ['main --deny worse', /--deny is one of narrows, widens, widens-destructive, relaxes-guardrail/],
      ['main --max-removed 130%', /--max-removed is a part such as 30% or a count such as 50/],
      ['main --format yaml', /--format is one of human, json/],
      ['main --roster nobody.csv', /there is no file nobody\.csv/],
    ] as const;
    for (const [args, said] of cases) {
      const { code, err } = await plan(args);
      assert.equal(code, 1, args);
      assert.match(err, said);
    }
  });
});

describe('the limits of gatehouse plan', () => {
  it('end with 3 at the denied verdict and worse ones, and not below', async (context) => {
    const repository = await acmeRepository(context);
    repository.edit(access, ['- write: pylon/*', '- any: pylon/delete_ticket\n      - write: pylon/*']);
    repository.commit();
    const codes = [];
    for (const verdict of ['narrows', 'widens', 'widens-destructive', 'relaxes-guardrail']) {
      codes.push((await repository.plan(`main..edited --deny ${verdict}`)).code);
    }
    assert.deepEqual(codes, [3, 3, 3, 2]);
    const { out } = await repository.plan('main..edited --deny widens --format junit');
    assert.match(out, /failures="2"/);
  });

  it('end with 3 when much of all access goes away, by default a third', async (context) => {
    const repository = await acmeRepository(context);
    repository.edit(
      access,
      ['  - { to: group:staff, roles: [everyday] }\n', ''],
      ['  - { to: group:eng, roles: [engineer] }\n', ''],
      ['  - { to: group:support, roles: [support-agent] }\n', ''],
    );
    repository.commit();
    const { code, out } = await repository.plan('main..edited');
    assert.equal(code, 3);
    assert.match(out, /over the limit mass-removal: takes away \d+(\.\d)? % of access, (\d+) of \d+ pairs/);
    const lost = Number(/access, (\d+) of/.exec(out)?.[1]);
    assert.equal((await repository.plan('main..edited --max-removed 90%')).code, 2);
    assert.equal((await repository.plan(`main..edited --max-removed ${lost}`)).code, 2);
    assert.equal((await repository.plan(`main..edited --max-removed ${lost - 1}`)).code, 3);
  });
});

describe('the roster of gatehouse plan', () => {
  it('is CSV or JSON Lines, and both say the same', async (context) => {
    const repository = await acmeRepository(context);
    editAcme(repository);
    repository.commit();
    writeFileSync(
      join(repository.folder, 'a.csv'),
      '\ufeffName,Groups,User\r\n"Lea, L.","acme-support; acme-all",lea@acme.co\r\n\r\nKim,"",kim@acme.co\r\n',
    );
    writeFileSync(
      join(repository.folder, 'a.jsonl'),
      '{"user":"lea@acme.co","groups":["acme-support","acme-all"]}\n\n{"user":"kim@acme.co"}\n',
    );
    const [csv, lines] = [
      await repository.plan('main..edited --roster a.csv'),
      await repository.plan('main..edited --roster a.jsonl'),
    ];
    assert.match(csv.out, /subjects \(1 person\)/);
    assert.equal(csv.out, lines.out);
  });

  it('is refused with the line where it is wrong', async (context) => {
    const repository = await acmeRepository(context);
    const cases = [
      ['mail,groups\na,b\n', /a\.csv:1: expected a first line that names the columns user and groups/],
      ['user,groups\n,acme\n', /a\.csv:2: expected a user, found nothing/],
      ['user,groups\n"ana"x,b\n', /a\.csv:2: expected a comma or the end of the line after a quote/],
      ['user,groups\nana,b\nana,c\n', /expected each user once, found ana twice/],
      ['{"user":"ana"}\n{"user":7}\n', /a\.csv:2: expected \{"user": "NAME"/],
      ['{"user":"ana"}\nnonsense\n', /a\.csv:2: expected a JSON object, found other text/],
    ] as const;
    for (const [text, said] of cases) {
      repository.put('a.csv', text);
      const { code, err } = await repository.plan('main..edited --roster a.csv');
      assert.equal(code, 1);
      assert.match(err, said);
    }
  });
});

/**
 * What the published schemas ask of an event, as facts in our own words and the JSON Schema made of them: OCSF 1.2.0, the
 * OTLP protocol 1.11 in JSON with the semantic conventions 1.44 and their GenAI part, and ECS 8.11. An attribute, a
 * value or a type that is not among the facts fails a test: look it up there before it is added here.
 */
import { isIP } from 'node:net';
import { Ajv, type ValidateFunction } from 'ajv';

const text = { type: 'string', minLength: 1 };
const integer = { type: 'integer' };
/** Addresses are checked with `isIP`. */
const ip = { type: 'string', format: 'ip' };

export function compileSchema(schema: object): ValidateFunction {
  return new Ajv({ allErrors: true, strict: false, formats: { ip: (value) => isIP(value) !== 0 } }).compile(schema);
}

/** An object with these members and no others. */
const only = (properties: Readonly<Record<string, object>>, required: readonly string[]): object => ({
  type: 'object',
  required,
  additionalProperties: false,
  properties,
});
const whole = (properties: Readonly<Record<string, object>>): object => only(properties, Object.keys(properties));
const listOf = (items: object): object => ({ type: 'array', minItems: 1, items });
const anyOf = (...names: readonly string[]): object => ({ anyOf: names.map((name) => ({ required: [name] })) });

/** An enumeration whose value 99, Other, wants the source's own word in the attribute beside it. */
const withOwnWord = (id: string, word: string): object => ({
  if: { required: [id], properties: { [id]: { const: 99 } } },
  // biome-ignore lint/suspicious/noThenProperty: JSON Schema calls it so.
  then: { required: [word] },
});

const product = { ...only({ name: text, vendor_name: text, uid: text }, ['vendor_name']), ...anyOf('name', 'uid') };
const user = {
  ...only(
    {
      ...{ name: text, uid: text, type_id: { enum: [0, 1, 2, 3, 99] }, type: text, email_addr: text, domain: text },
      groups: listOf({ ...only({ name: text, uid: text }, []), ...anyOf('name', 'uid') }),
    },
    [],
  ),
  ...anyOf('account', 'name', 'uid'),
  allOf: [withOwnWord('type_id', 'type')],
};
const service = { ...only({ name: text, uid: text }, []), ...anyOf('name', 'uid') };
const networkEndpoint = { ...only({ ip, name: text }, []), ...anyOf('ip', 'uid', 'name', 'hostname', 'svc_name') };

const ocsfObjects = {
  metadata: only(
    {
      ...{ product, version: { const: '1.2.0' }, uid: text, sequence: integer, event_code: text, log_name: text },
      ...{ original_time: text, correlation_uid: text },
    },
    ['product', 'version'],
  ),
  actor: { ...only({ user }, []), ...anyOf('process', 'user', 'session', 'app_name', 'app_uid') },
  api: only({ operation: text, service, request: only({ uid: text }, ['uid']) }, ['operation']),
  src_endpoint: networkEndpoint,
  http_request: only({ user_agent: text }, []),
  ...{ app: product, user, service },
};

interface OcsfClass {
  readonly uid: number;
  readonly category: number;
  readonly required: readonly string[];
  /** Beside those of all events. */
  readonly attributes: readonly (keyof typeof ocsfObjects)[];
  readonly activities: readonly number[];
  readonly also?: object;
}

const ocsfClasses: readonly OcsfClass[] = [
  {
    ...{ uid: 6003, category: 6, required: ['actor', 'api', 'src_endpoint'], activities: [1, 2, 3, 4] },
    attributes: ['actor', 'api', 'src_endpoint', 'http_request'],
  },
  { uid: 6002, category: 6, required: ['app'], attributes: ['app'], activities: [1, 2, 3, 4] },
  {
    ...{ uid: 3002, category: 3, required: ['user'], activities: [1, 2, 3, 4, 5, 6] },
    attributes: ['user', 'service', 'src_endpoint', 'http_request'],
    also: anyOf('service', 'dst_endpoint'),
  },
];

export const ocsfSchema: object = {
  oneOf: ocsfClasses.map(({ uid, category, required, attributes, activities, also }) => ({
    ...only(
      {
        ...{ class_uid: { const: uid }, category_uid: { const: category } },
        activity_id: { enum: [0, ...activities, 99] },
        type_uid: { enum: [0, ...activities, 99].map((activity) => uid * 100 + activity) },
        severity_id: { enum: [0, 1, 2, 3, 4, 5, 6, 99] },
        status_id: { enum: [0, 1, 2, 99] },
        ...{ activity_name: text, status: text, status_code: text, status_detail: text },
        ...{ time: integer, duration: integer, unmapped: { type: 'object' }, metadata: ocsfObjects.metadata },
        ...Object.fromEntries(attributes.map((name) => [name, ocsfObjects[name]])),
      },
      [...['activity_id', 'category_uid', 'class_uid', 'metadata', 'severity_id', 'time', 'type_uid'], ...required],
    ),
    allOf: [withOwnWord('activity_id', 'activity_name'), withOwnWord('status_id', 'status'), also ?? {}],
  })),
};

/** 64-bit integers are texts. */
const otlpValues = {
  string: whole({ stringValue: { type: 'string' } }),
  int: whole({ intValue: { type: 'string', pattern: '^-?\\d+$' } }),
  boolean: whole({ boolValue: { type: 'boolean' } }),
  double: whole({ doubleValue: { type: 'number' } }),
  strings: whole({
    arrayValue: whole({ values: { type: 'array', items: whole({ stringValue: { type: 'string' } }) } }),
  }),
};

/** Names of the registry in use, none deprecated, with the type of their values. */
const conventions: Readonly<Record<string, keyof typeof otlpValues>> = {
  ...{ 'service.name': 'string', 'service.instance.id': 'string', 'log.record.uid': 'string' },
  ...{ 'user.id': 'string', 'user.email': 'string', 'client.address': 'string', 'user_agent.original': 'string' },
  ...{ 'jsonrpc.request.id': 'string', 'rpc.response.status_code': 'string', 'http.response.status_code': 'int' },
  // Of the GenAI conventions, which have a repository of their own since 1.42.
  ...{ 'mcp.method.name': 'string', 'mcp.protocol.version': 'string', 'gen_ai.tool.name': 'string' },
};

const attributes = {
  type: 'array',
  items: {
    oneOf: [
      whole({ key: { type: 'string', pattern: '^gatehouse\\.\\w+$' }, value: { oneOf: Object.values(otlpValues) } }),
      ...Object.entries(conventions).map(([key, type]) => whole({ key: { const: key }, value: otlpValues[type] })),
    ],
  },
};
/** fixed64, in nanoseconds. */
const nanoseconds = { type: 'string', pattern: '^\\d{19}$' };

const logRecord = only(
  {
    ...{ timeUnixNano: nanoseconds, observedTimeUnixNano: nanoseconds },
    // Enumerations are numbers, never their names.
    ...{ severityNumber: { type: 'integer', minimum: 1, maximum: 24 }, severityText: text },
    ...{ eventName: { ...text, maxLength: 256 }, body: otlpValues.string, attributes },
    // Hexadecimal, not base64 as elsewhere in the JSON of protocol buffers.
    traceId: { type: 'string', pattern: '^(?!0{32})[0-9a-f]{32}$' },
  },
  ['timeUnixNano', 'observedTimeUnixNano', 'severityNumber', 'severityText', 'eventName', 'body', 'attributes'],
);

export const otelSchema: object = whole({
  resourceLogs: listOf(
    whole({
      resource: whole({ attributes }),
      scopeLogs: listOf(whole({ scope: whole({ name: text }), logRecords: listOf(logRecord) })),
    }),
  ),
});

const ecsTypes = {
  ...{ keyword: text, match_only_text: text, long: integer, ip },
  date: { type: 'string', pattern: '^\\d{4}-\\d\\d-\\d\\dT[\\d:.]+Z$' },
};

/** The fields in use. */
const ecsFields: Readonly<Record<string, keyof typeof ecsTypes | readonly (keyof typeof ecsTypes)[]>> = {
  ...{ '@timestamp': 'date', 'ecs.version': 'keyword', 'trace.id': 'keyword' },
  ...{ 'event.kind': 'keyword', 'event.category': ['keyword'], 'event.type': ['keyword'], 'event.outcome': 'keyword' },
  ...{ 'event.action': 'keyword', 'event.dataset': 'keyword', 'event.module': 'keyword', 'event.id': 'keyword' },
  ...{ 'event.sequence': 'long', 'event.duration': 'long', 'event.reason': 'keyword' },
  ...{ 'observer.vendor': 'keyword', 'observer.product': 'keyword', 'observer.type': 'keyword' },
  ...{ 'observer.name': 'keyword', 'user.id': 'keyword', 'user.name': 'keyword', 'user.email': 'keyword' },
  ...{ 'related.user': ['keyword'], 'source.ip': 'ip', 'source.address': 'keyword' },
  ...{ 'user_agent.original': 'keyword', 'http.response.status_code': 'long' },
  ...{ 'error.message': 'match_only_text', 'rule.name': 'keyword' },
};

/** `event.type` values that are expected with a category. */
const ecsCategories: Readonly<Record<string, readonly string[]>> = {
  api: ['access', 'admin', 'allowed', 'change', 'creation', 'deletion', 'denied', 'end', 'info', 'start', 'user'],
  authentication: ['start', 'end', 'info'],
  configuration: ['access', 'change', 'creation', 'deletion', 'info'],
  process: ['access', 'change', 'end', 'info', 'start'],
};

/** The schema of an object whose fields have these dotted names. */
function nested(fields: readonly (readonly [string, object])[]): object {
  const groups = new Map<string, (readonly [string, object])[]>();
  for (const [name, schema] of fields) {
    const [group = '', ...rest] = name.split('.');
    groups.set(group, [...(groups.get(group) ?? []), [rest.join('.'), schema]]);
  }
  const members = [...groups].map(([group, inner]) => {
    const [[rest, schema] = ['', {}]] = inner;
    return [group, rest === '' ? schema : nested(inner)] as const;
  });
  return only(Object.fromEntries(members), []);
}

const ecsField = (type: (typeof ecsFields)[string]): object =>
  typeof type === 'string' ? ecsTypes[type] : listOf({ oneOf: type.map((one) => ecsTypes[one]) });

export const ecsSchema: object = {
  ...nested([
    ...Object.entries(ecsFields).map(([name, type]) => [name, ecsField(type)] as const),
    // Of our own: contents whose shape differs are texts, so that an index keeps one mapping.
    ['gatehouse', { properties: { args: { type: 'string' }, res: { type: 'string' }, detail: { type: 'string' } } }],
  ]),
  required: ['@timestamp', 'ecs', 'event'],
  allOf: [
    {
      properties: {
        ecs: { properties: { version: { const: '8.11.0' } } },
        event: {
          required: ['kind', 'category', 'type', 'outcome', 'action', 'id'],
          properties: { kind: { const: 'event' }, outcome: { enum: ['failure', 'success', 'unknown'] } },
          oneOf: Object.entries(ecsCategories).map(([category, allowed]) => ({
            properties: { category: { const: [category] }, type: listOf({ enum: allowed }) },
          })),
        },
      },
    },
  ],
};

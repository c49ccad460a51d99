/**
 * What the published schemas ask of an event, as JSON Schema: required attributes, at-least-one constraints and the
 * values an enumeration allows. Of OCSF 1.2.0 the classes and objects in use; of OTLP 1.x `logs.proto` in JSON; of ECS
 * 8.11 the categorization fields and the fields in use.
 */

const text = { type: 'string', minLength: 1 };
const integer = { type: 'integer' };

const user = {
  type: 'object',
  anyOf: [{ required: ['name'] }, { required: ['uid'] }],
  properties: { name: text, uid: text, type_id: { enum: [0, 1, 2, 3, 4, 99] }, email_addr: text, domain: text },
};
const endpoint = {
  type: 'object',
  anyOf: [{ required: ['ip'] }, { required: ['name'] }],
  properties: { ip: text, name: text },
};
const product = {
  type: 'object',
  required: ['vendor_name', 'name'],
  properties: { vendor_name: text, name: text, uid: text },
};

const ocsfClass = (uid: number, category: number, more: { required: string[]; activities: number[] }): object => ({
  required: more.required,
  properties: {
    class_uid: { const: uid },
    category_uid: { const: category },
    activity_id: { enum: [0, ...more.activities, 99] },
    type_uid: { enum: [0, ...more.activities, 99].map((activity) => uid * 100 + activity) },
  },
});

export const ocsfSchema: object = {
  type: 'object',
  required: ['activity_id', 'category_uid', 'class_uid', 'metadata', 'severity_id', 'time', 'type_uid'],
  additionalProperties: false,
  properties: {
    ...{ activity_id: integer, category_uid: integer, class_uid: integer, type_uid: integer, time: integer },
    severity_id: { enum: [0, 1, 2, 3, 4, 5, 6, 99] },
    status_id: { enum: [0, 1, 2, 99] },
    ...{ status_code: text, status_detail: text, duration: integer, unmapped: { type: 'object' } },
    metadata: {
      type: 'object',
      required: ['product', 'version'],
      properties: { product, version: { const: '1.2.0' }, uid: text, sequence: integer, event_code: text },
    },
    actor: { type: 'object', required: ['user'], properties: { user } },
    api: { type: 'object', required: ['operation'], properties: { operation: text, request: { required: ['uid'] } } },
    ...{ src_endpoint: endpoint, app: product, user },
    service: { type: 'object', required: ['name'], properties: { name: text } },
    http_request: { type: 'object', properties: { user_agent: text } },
  },
  oneOf: [
    ocsfClass(6003, 6, { required: ['actor', 'api', 'src_endpoint'], activities: [1, 2, 3, 4] }),
    ocsfClass(6002, 6, { required: ['app'], activities: [1, 2, 3, 4] }),
    ocsfClass(3002, 3, { required: ['user', 'service'], activities: [1, 2, 3, 4, 5, 6] }),
  ],
};

const anyValue = {
  oneOf: [
    { required: ['stringValue'], additionalProperties: false, properties: { stringValue: { type: 'string' } } },
    { required: ['boolValue'], additionalProperties: false, properties: { boolValue: { type: 'boolean' } } },
    { required: ['intValue'], additionalProperties: false, properties: { intValue: { pattern: '^-?\\d+$' } } },
    { required: ['doubleValue'], additionalProperties: false, properties: { doubleValue: { type: 'number' } } },
    { required: ['arrayValue'], additionalProperties: false, properties: { arrayValue: { required: ['values'] } } },
  ],
};
const attributes = {
  type: 'array',
  items: { required: ['key', 'value'], additionalProperties: false, properties: { key: text, value: anyValue } },
};
const only = (properties: Readonly<Record<string, object>>, optional: readonly string[] = []): object => ({
  type: 'object',
  required: Object.keys(properties).filter((name) => !optional.includes(name)),
  additionalProperties: false,
  properties,
});
const listOf = (items: object): object => ({ type: 'array', minItems: 1, items });

const logRecord = only(
  {
    timeUnixNano: { pattern: '^\\d{19}$' },
    observedTimeUnixNano: { pattern: '^\\d{19}$' },
    severityNumber: { type: 'integer', minimum: 1, maximum: 24 },
    severityText: text,
    ...{ eventName: text, body: anyValue, attributes },
    traceId: { pattern: '^[0-9a-f]{32}$' },
  },
  ['traceId'],
);

export const otelSchema: object = only({
  resourceLogs: listOf(
    only({
      resource: only({ attributes }),
      scopeLogs: listOf(only({ scope: only({ name: text }), logRecords: listOf(logRecord) })),
    }),
  ),
});

/** `event.type` values that go with a category. */
const types: Readonly<Record<string, readonly string[]>> = {
  api: ['access', 'admin', 'allowed', 'change', 'creation', 'deletion', 'denied', 'end', 'info', 'start', 'user'],
  authentication: ['start', 'end', 'info'],
  configuration: ['access', 'change', 'creation', 'deletion', 'info'],
  process: ['access', 'change', 'end', 'info', 'start'],
};

export const ecsSchema: object = {
  type: 'object',
  required: ['@timestamp', 'ecs', 'event'],
  properties: {
    '@timestamp': { type: 'string', pattern: '^\\d{4}-\\d\\d-\\d\\dT[\\d:.]+Z$' },
    ecs: { required: ['version'], properties: { version: { const: '8.11.0' } } },
    event: {
      required: ['kind', 'category', 'type', 'outcome', 'action', 'id'],
      properties: {
        kind: { enum: ['event'] },
        outcome: { enum: ['failure', 'success', 'unknown'] },
        ...{ duration: integer, sequence: integer, action: text, id: text, reason: text },
      },
      oneOf: Object.entries(types).map(([category, allowed]) => ({
        properties: { category: { const: [category] }, type: listOf({ enum: allowed }) },
      })),
    },
    user: { properties: { id: text, name: text, email: text } },
    source: { required: ['ip'], properties: { ip: text } },
    gatehouse: { properties: { args: { type: 'string' }, res: { type: 'string' }, detail: { type: 'string' } } },
  },
};

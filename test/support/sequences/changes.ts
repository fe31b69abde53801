import fc from "fast-check";

export type Service = Readonly<Record<string, unknown>> & { readonly path: string; readonly priority: number };
type Services = Readonly<Record<string, Service>>;

/** A stack's configuration, as far as changes of it go: keys without their namespace. */
export interface Values {
  readonly services: Services;
  readonly [key: string]: unknown;
}

/** What somebody does to a configuration. */
export interface Change {
  readonly what: string;
  readonly apply: (values: Values) => Values;
}

/** What is asked for after a change. */
export type Command = "up" | "deploy" | "deploy another version" | "rollback";

export interface Turn {
  readonly changes: readonly Change[];
  readonly command: Command;
}

const timing = { intervalSeconds: 5, timeoutSeconds: 2, healthyThreshold: 2, unhealthyThreshold: 2 };
const small = { cpu: 256, memory: 512, desiredCount: 1, minCapacity: 1, maxCapacity: 2 };
const leaving = { deregistrationDelaySeconds: 10, stopTimeoutSeconds: 30 };

/** A service of web's own image, on a path that another one may answer until now. */
export function another(path: string, priority: number): Service {
  const healthCheck = { path: path === "/docs" ? "/docs" : "/healthz", ...timing };
  return { path, priority, repository: "web", ...small, ...leaving, healthCheck, order: 3 };
}

const named = fc.constantFrom("web", "api", "docs");

const adds = fc
  .tuple(fc.constantFrom("/healthz", "/docs", "/", "/api/docs"), fc.constantFrom(50, 99, 100, 101, 899, 901))
  .map(
    ([path, priority]): Change => ({
      what: `add docs at ${path}, ${priority}`,
      apply: (values) => ({ ...values, services: { ...values.services, docs: another(path, priority) } }),
    }),
  );

const removes = named.map(
  (name): Change => ({
    what: `remove ${name}`,
    apply: (values) => {
      const { [name]: _gone, ...services } = values.services;
      return { ...values, services };
    },
  }),
);

const renames = fc.tuple(named, fc.constantFrom("backend", "site"), fc.boolean()).map(
  ([name, as, higher]): Change => ({
    what: `rename ${name} to ${as}${higher ? ", before it" : ""}`,
    apply: (values) => {
      const { [name]: renamed, ...services } = values.services;
      if (!renamed) return values;
      const service = { repository: name, ...renamed, priority: renamed.priority - (higher ? 1 : 0) };
      return { ...values, services: { ...services, [as]: service } };
    },
  }),
);

const reorders: fc.Arbitrary<Change> = fc.boolean().map((byOrder) => ({
  what: byOrder ? "swap the services' order numbers" : "reverse the services in the file",
  apply: (values) => {
    const all = Object.entries(values.services).reverse();
    const services = byOrder ? all.map(([name, service], i) => [name, { ...service, order: i }] as const) : all;
    return { ...values, services: Object.fromEntries(services) };
  },
}));

/** Every field of a service, with values that are right by themselves. */
const fields: Readonly<Record<string, readonly unknown[]>> = {
  path: ["/", "/api", "/v2", "/healthz"],
  priority: [1, 99, 100, 500, 900],
  cpu: [512],
  memory: [1024],
  architecture: ["X86_64"],
  port: [8080, 9090],
  desiredCount: [1, 3],
  minCapacity: [1, 2],
  maxCapacity: [4, 6],
  environment: [{ LOG_LEVEL: "info" }, { LOG_LEVEL: "info", PAGE_TITLE: "Other" }],
  secrets: [{}, { TOKEN: "token" }],
  healthCheck: [
    { path: "/healthz", ...timing },
    { path: "/api/healthz", ...timing },
    { path: "/ready", ...timing },
    { path: "/", ...timing, intervalSeconds: 10 },
  ],
  deregistrationDelaySeconds: [0, 20],
  stopTimeoutSeconds: [40],
  stickinessSeconds: [5, undefined],
  database: [true, false],
  order: [0, 5],
  checks: [[], [{ path: "/healthz" }], [{ path: "/", bodyIncludes: "never said" }]],
};

const edits = fc
  .tuple(
    named,
    fc.constantFrom(...Object.entries(fields).flatMap(([key, all]) => all.map((value) => [key, value] as const))),
  )
  .map(
    ([name, [key, value]]): Change => ({
      what: `${name}.${key} = ${JSON.stringify(value)}`,
      apply: (values) => {
        const service = values.services[name];
        if (!service) return values;
        const { [key]: _before, ...rest } = service;
        const changed = value === undefined ? rest : { ...rest, [key]: value };
        return { ...values, services: { ...values.services, [name]: changed as Service } };
      },
    }),
  );

const others: readonly (readonly [string, unknown])[] = [
  ["network", { cidr: "10.0.0.0/16", zones: 2 }],
  ["network", { cidr: "10.0.0.0/16", zones: 3 }],
  ["network", { cidr: "10.1.0.0/16" }],
  ["database", { instanceClass: "db.t4g.small", storageGb: 20 }],
  ["database", { instanceClass: "db.t4g.micro", storageGb: 30, maxStorageGb: 200 }],
  ["database", { name: "other" }],
  ["migrations", { memoryMb: 1024 }],
  ["monitoring", { latencyMs: 5000 }],
  ["monitoring", { errorsPerMinute: 50, latencyMs: 5000, email: "oncall@example.com" }],
  ["deploy", { strategy: "all-at-once", consecutiveSuccesses: 3 }],
  ["deploy", { strategy: "canary", canaryPercent: 20, bakeSeconds: 5 }],
  ["deploy", { strategy: "linear", stepPercent: 50, everySeconds: 5 }],
  ["tags", { team: "notes" }],
];

const settings = fc.constantFrom(...others).map(
  ([key, value]): Change => ({
    what: `${key} = ${JSON.stringify(value)}`,
    apply: (values) => ({ ...values, [key]: value }),
  }),
);

export const change: fc.Arbitrary<Change> = fc.oneof(
  { weight: 2, arbitrary: adds },
  { weight: 1, arbitrary: removes },
  { weight: 1, arbitrary: renames },
  { weight: 1, arbitrary: reorders },
  { weight: 5, arbitrary: edits },
  { weight: 2, arbitrary: settings },
);

const command = fc.constantFrom<Command>("up", "deploy", "deploy", "deploy another version", "rollback");

/** Changes, and the command that is asked for with them; those of a rollback are in the file only. */
export const turn: fc.Arbitrary<Turn> = fc.record({
  changes: fc.array(change, { minLength: 1, maxLength: 2 }),
  command,
});

/** In any order. */
export const sequence: fc.Arbitrary<readonly Turn[]> = fc.array(turn, { minLength: 2, maxLength: 4 });

export function changed(values: Values, { changes }: Turn): Values {
  return changes.reduce((now, { apply }) => apply(now), values);
}

export function describeTurn({ changes, command: asked }: Turn): string {
  return `${changes.map(({ what }) => what).join("; ")} → ${asked}`;
}

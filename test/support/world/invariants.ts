import type { Decision } from "../../../automation/deploy/decide/decision.ts";
import type { Goal } from "../../../automation/deploy/decide/goal.ts";
import type { Weights } from "../../../automation/deploy/decide/model.ts";
import { allOn, otherColour, sameWeights } from "../../../automation/deploy/decide/situation.ts";
import {
  type Colour,
  colours,
  type Deployed,
  parseReleaseDocument,
  type ReleaseDocument,
  recorded,
} from "../../../programs/release.ts";
import { closed } from "../../../programs/routes.ts";
import type { MemoryTable } from "../memory-table.ts";
import type { SimulatedCloud, View } from "./cloud.ts";
import { type DriverProcess, deadlineMs, leaseMs } from "./driver.ts";
import { Parts } from "./parts.ts";
import { Paths } from "./paths.ts";
import { type Rule, type RuleChange, type RuleState, shareOf } from "./rules.ts";

type WrittenRule = Pick<RuleState, "weights"> & Partial<RuleState>;

/**
 * How old what a write rests on may be: a look is used for two lease durations at most, then comes the intent, then what
 * the guard leaves, then the write itself; and ECS's answers may have been old already.
 */
export const boundMs = 2 * leaseMs + deadlineMs + leaseMs + 3_000;
/** Two clocks may be five minutes off in opposite directions. */
const mostSkewMs = 600_000;

/** Looks at every effect as it happens and notes what must never be. */
export class Watch {
  readonly violations: string[] = [];
  /** What happened, for a person who has to understand a violation. */
  readonly log: string[] = [];
  readonly #cloud: SimulatedCloud;
  #document: { readonly text: string | undefined; readonly parsed: ReleaseDocument } | undefined;
  readonly #table: MemoryTable;
  readonly #now: () => number;
  readonly #began: number;
  readonly #parts = new Parts();
  readonly #paths = new Paths();
  /** Records of operations that were closed. */
  readonly #outcomes = new Set<string>();
  readonly #atEnd = new Map<string, readonly string[]>();

  constructor(cloud: SimulatedCloud, table: MemoryTable, now: () => number) {
    this.#began = now();
    this.#cloud = cloud;
    this.#table = table;
    this.#now = now;
    cloud.watchNodes(() => {
      for (const problem of this.#paths.wrong(cloud, now() - boundMs)) this.#violated(problem);
    });
  }

  say(what: string): void {
    this.log.push(`${((this.#now() - this.#began) / 1000).toFixed(1).padStart(8)} s  ${what}`);
  }

  /** One writer for each token, and none once a newer one was granted. */
  mutation(driver: DriverProcess, what: string): void {
    this.say(`${driver.plan.command.kind} (token ${driver.token}): ${what}`);
    const newest = this.#table.peek("lease")?.["token"];
    if (driver.token !== newest)
      this.#violated(`${what} took effect under token ${driver.token} after ${newest} was granted`);
  }

  ledger(driver: DriverProcess, item: string): void {
    if (item.startsWith("signal#") || item === "lease") return;
    const record: Record<string, unknown> = this.#table.peek(item) ?? {};
    this.#paths.written(this.#now(), item, record, this.document());
    this.mutation(driver, `ledger ${item}`);
    const { outcome, goal, operation, decision } = record;
    if (item === "release") {
      this.#parts.written(this.document());
      this.#retired();
    }
    if (item.startsWith("operation#") && goal !== undefined && outcome === undefined)
      this.#parts.written(this.document(), { name: String(operation), goal: JSON.parse(String(goal)) });
    // Success is said by the last decision to end; the operation's record repeats it, perhaps later.
    if (item.startsWith("journal#") && (JSON.parse(String(decision)) as Decision).kind === "end")
      this.#atEnd.set(String(operation), this.#notServing(String(operation)));
    // What is noted in the record later, a contract migration that ran, says nothing of what serves by then.
    if (outcome === undefined || this.#outcomes.has(item)) return;
    this.#outcomes.add(item);
    if (outcome !== "succeeded" && outcome !== "unchanged") return;
    const { kind, version } = JSON.parse(String(goal)) as Goal;
    if (kind !== "deploy" && kind !== "rollback" && kind !== "retire") return;
    this.say(`${kind} ${version} ${outcome}`);
    // What a hand does to the other services meanwhile is nothing that a retirement looks at to its end.
    const unserved = kind === "retire" ? [] : this.#atEnd.get(String(operation));
    for (const problem of unserved ?? ["it never decided to end"])
      this.#violated(`${kind} ${version} succeeded: ${problem}`);
    for (const problem of this.#parts.succeeded(String(operation), this.document()))
      this.#violated(`${kind} ${version} succeeded and ${problem}`);
  }

  /** What the ledger calls retired is sent nothing by any node of the load balancer. */
  #retired(): void {
    for (const [name, { retired }] of Object.entries(this.document().services))
      for (const colour of retired ? colours : [])
        if (this.#cloud.routed(name, colour) > 0)
          this.#violated(`${name} is retired and a node still sends it requests`);
  }

  /** The driver writes a rule's weights, and with them perhaps what it takes. */
  setRule(driver: DriverProcess, service: string, rule: Rule, change: WrittenRule): void {
    const { weights, takes } = change;
    const opens = takes === undefined ? "" : ` for ${takes}`;
    this.mutation(driver, `${service} ${rule} blue ${weights.blue} green ${weights.green}${opens}`);
    if (rule !== "production") return;
    this.#touched(service);
    const before = this.#cloud.rule(service, "production");
    const after = { ...before, ...change };
    const past = this.#cloud.during(boundMs);
    for (const colour of colours) {
      if (shareOf(after, colour) <= shareOf(before, colour)) continue;
      const healthy = (c: Colour) => (v: View) => (v.services[service]?.[c].healthy ?? 0) > 0;
      const elsewhere = before.takes === closed || past.every(healthy(otherColour(colour)));
      if (!past.some(healthy(colour)) && elsewhere)
        this.#violated(`${service} ${colour} was given ${weights[colour]}% with no healthy capacity`);
    }
    this.#handOverwritten(service, weights);
  }

  /** What serves is checked as its release was. */
  setGroup(driver: DriverProcess, service: string, colour: Colour, path: string): void {
    this.mutation(driver, `checks of ${service} ${colour}: ${path}`);
    const release = this.document().services[service];
    const own = release?.live === colour ? release[colour]?.setup?.group.healthCheck.path : path;
    if (own !== path) this.#violated(`${service} ${colour} serves and is checked at ${path}, not ${own}`);
  }

  /** An update leaves what a node sends requests to, and what may be gone back to, its way through the firewall. */
  updated(): void {
    for (const [name, release] of Object.entries(this.document().services)) {
      for (const { version, setup } of recorded(release))
        if (setup && !this.#cloud.ports(name).includes(setup.port))
          this.#violated(`an update closed port ${setup.port} of ${name}, where ${version} is reached`);
      for (const colour of colours)
        for (const port of new Set(this.#cloud.service(`${name}-${colour}`).cutOff()))
          if (this.#cloud.routed(name, colour) > 0)
            this.#violated(`an update closed port ${port} of ${name}, where ${colour} serves`);
    }
  }

  /** No two rules in one place, as the load balancer would refuse it. */
  setPlaces(driver: DriverProcess, changes: readonly RuleChange[]): void {
    const shown = changes.map(({ service, rule, change }) => `${service} ${rule} ${change.priority}`);
    this.mutation(driver, `places: ${shown.join(", ")}`);
    const rules = new Map(
      Object.entries(this.#cloud.rules).flatMap(([service, of]) =>
        Object.entries(of).map(([rule, { priority }]) => [`${service} ${rule}`, priority]),
      ),
    );
    for (const { service, rule, change } of changes) rules.set(`${service} ${rule}`, change.priority ?? 0);
    if (new Set(rules.values()).size < rules.size) this.#violated(`two rules in one place: ${shown.join(", ")}`);
  }

  /** What a hand set is left alone, unless traffic goes home to the colour the ledger calls live. */
  #handOverwritten(service: string, weights: Weights): void {
    const hand = this.#cloud.byHand.get(service);
    const live = this.document().services[service]?.live;
    const home = live !== undefined && sameWeights(weights, allOn(live));
    const whole = hand && (hand.weights.blue === 0 || hand.weights.green === 0);
    // Before the first release the ledger says nothing that a hand could contradict.
    if (!hand || whole || home || live === undefined || this.#now() - hand.at < boundMs) return;
    this.#violated(`${service}: weights set by hand were written over`);
  }

  updateService(driver: DriverProcess, name: string, taskDefinition: string, desired: number): void {
    this.mutation(driver, `${name} ${taskDefinition.split("/").at(-1)} × ${desired}`);
    const [, service = "", colour] = /^(.+)-(blue|green)$/.exec(name) ?? [];
    this.#touched(service);
    const serving = this.#cloud
      .during(boundMs)
      .every((v) => shareOf(v.rules[service]?.production, colour as Colour) > 0);
    const runs = this.#cloud.service(name).view();
    this.#leftBehind(service, colour as Colour, desired);
    const harmful = desired === 0 || runs.taskDefinition !== taskDefinition;
    if (serving && harmful && runs.healthy > 0) this.#violated(`${name} was changed or stopped while it served`);
    this.#countOverwritten(name, desired);
  }

  /** No request may be routed to a colour without tasks while the other could answer it. */
  #leftBehind(service: string, colour: Colour, desired: number): void {
    if (desired > 0 || this.#cloud.byHand.has(service)) return;
    if (shareOf(this.#cloud.rule(service, "production"), colour) > 0) return;
    const routed = this.#cloud.routed(service, colour);
    const other = this.#cloud.service(`${service}-${otherColour(colour)}`).view();
    if (routed > 0 && other.healthy > 0)
      this.#violated(`${service}-${colour} was stopped while a node still sent it ${routed}% of its requests`);
  }

  /** A count a hand gave the live colour is left alone by everything but a repair; none is a count that serves nobody. */
  #countOverwritten(name: string, desired: number): void {
    const hand = this.#cloud.countsByHand.get(name);
    this.#cloud.countsByHand.delete(name);
    const [, service = "", colour] = /^(.+)-(blue|green)$/.exec(name) ?? [];
    // Whoever goes on with a repair that was cut short repairs as well.
    if (
      !hand ||
      hand.desired === desired ||
      (hand.desired === 0 && desired > 0) ||
      this.#repairing() ||
      this.#now() - hand.at < boundMs
    )
      return;
    if (this.document().services[service]?.live === colour)
      this.#violated(`${name}: a task count set by hand was written over`);
  }

  deregister(driver: DriverProcess, arn: string): void {
    this.mutation(driver, `deregister ${arn}`);
    const runs = Object.values(this.#cloud.view().services).flatMap((s) => colours.map((c) => s[c].taskDefinition));
    const held = Object.values(this.document().services).flatMap((s) => colours.map((c) => s[c]?.taskDefinitionArn));
    if ([...runs, ...held].includes(arn)) this.#violated(`${arn} was deregistered while it may still be needed`);
  }

  migrate(driver: DriverProcess, phase: string, runId: string): void {
    this.mutation(driver, `migrate ${phase}`);
    if (phase !== "contract") {
      // The function answers a known run id without running anything: a rerun is safe only under the first run's id.
      const operation = this.#inFlight();
      if (runId !== operation) this.#violated(`migrations of ${operation} were asked for under the run id ${runId}`);
      return;
    }
    const past = this.#cloud.during(boundMs);
    const { version } = this.#cloud.database;
    for (const [name, release] of Object.entries(this.document().services)) {
      if (release.live === undefined) continue;
      const serving = release[release.live]?.version;
      if (serving !== version) this.#violated(`a contract migration of ${version} ran while ${name} serves ${serving}`);
      const other = otherColour(release.live);
      if (past.every((v) => shareOf(v.rules[name]?.production, other) > 0))
        this.#violated(`a contract migration ran while ${name} ${other} had weight`);
      const until = release.warmUntil === undefined ? 0 : Date.parse(release.warmUntil);
      if (release[other] && until > this.#now() + mostSkewMs)
        this.#violated(`a contract migration ran while ${name} ${other} was kept for a rollback`);
    }
  }

  /** What of the ledger's live colours has not all the weight or does not run; nothing of it when success may be said. */
  #notServing(operation: string): string[] {
    const past = this.#cloud.during(boundMs);
    return Object.entries(this.document().services).flatMap(([name, release]) => {
      const { live, retired } = release;
      const deployed = live && release[live];
      if (retired) return [];
      if (!live || !deployed)
        return this.#parts.mayMove(operation, name) ? [`the ledger has nothing live for ${name}`] : [];
      const does = past.some((v) => serves(v, name, live, deployed));
      return does ? [] : [`${name} ${live} does not serve what the ledger says`];
    });
  }

  #touched(service: string): void {
    for (const problem of this.#parts.touches(this.#inFlight(), service)) this.#violated(problem);
  }

  /** What is looked at once, when all is over. */
  over(
    decisions: readonly { readonly operation: string; readonly decision: Decision; readonly reproduced: boolean }[],
  ) {
    for (const { operation, decision, reproduced } of decisions)
      if (!reproduced) this.#violated(`${operation}: not decided again from its journal: ${JSON.stringify(decision)}`);
  }

  #inFlight(): string | undefined {
    const operations = this.#table.querySync("operation#").filter((o) => o["outcome"] === undefined);
    return operations[0]?.item.slice("operation#".length);
  }

  #repairing(): boolean {
    const operation = this.#inFlight();
    const goal = operation === undefined ? undefined : this.#table.peek(`operation#${operation}`)?.["goal"];
    return goal !== undefined && (JSON.parse(String(goal)) as Goal).kind === "repair";
  }

  document(): ReleaseDocument {
    const item = this.#table.peek("release");
    const text = item && String(item["document"]);
    // It is looked at after every write, and seldom a new one.
    if (text !== this.#document?.text || this.#document === undefined)
      this.#document = { text, parsed: parseReleaseDocument(text) };
    return this.#document.parsed;
  }

  #violated(what: string): void {
    this.say(`VIOLATION ${what}`);
    this.violations.push(what);
  }
}

function serves(view: View, name: string, live: Colour, { taskDefinitionArn, setup }: Deployed): boolean {
  const colour = view.services[name]?.[live];
  const rule = view.rules[name]?.production;
  return (
    rule !== undefined &&
    sameWeights(rule.weights, allOn(live)) &&
    rule.takes === setup?.route.path &&
    colour?.taskDefinition === taskDefinitionArn &&
    colour.running > 0
  );
}

import type { Decision, Goal, Weights } from "../../../automation/deploy/model.ts";
import { allOn, otherColour, sameWeights } from "../../../automation/deploy/situation.ts";
import { type Colour, colours, parseReleaseDocument, type ReleaseDocument } from "../../../programs/release.ts";
import type { MemoryTable } from "../memory-table.ts";
import type { Rule, SimulatedCloud, View } from "./cloud.ts";
import { type DriverProcess, deadlineMs, leaseMs } from "./driver.ts";

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
  readonly #table: MemoryTable;
  readonly #now: () => number;
  readonly #began: number;
  readonly #atEnd = new Map<string, readonly string[]>();

  constructor(cloud: SimulatedCloud, table: MemoryTable, now: () => number) {
    this.#began = now();
    this.#cloud = cloud;
    this.#table = table;
    this.#now = now;
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
    this.mutation(driver, `ledger ${item}`);
    const { outcome, goal, operation, decision }: Record<string, unknown> = this.#table.peek(item) ?? {};
    // Success is said by the last decision to end; the operation's record repeats it, perhaps later.
    if (item.startsWith("journal#") && (JSON.parse(String(decision)) as Decision).kind === "end")
      this.#atEnd.set(String(operation), this.#notServing());
    if (outcome !== "succeeded" && outcome !== "unchanged") return;
    const { kind, version } = JSON.parse(String(goal)) as Goal;
    if (kind !== "deploy" && kind !== "rollback") return;
    this.say(`${kind} ${version} ${outcome}`);
    for (const problem of this.#atEnd.get(String(operation)) ?? ["it never decided to end"])
      this.#violated(`${kind} ${version} succeeded: ${problem}`);
    if (kind === "deploy" && this.#versions().some((v) => v !== version))
      this.#violated(`deploy ${version} succeeded and ${this.#versions()} is live`);
  }

  setWeights(driver: DriverProcess, service: string, rule: Rule, weights: Weights): void {
    this.mutation(driver, `${service} ${rule} blue ${weights.blue} green ${weights.green}`);
    if (rule !== "production") return;
    const before = this.#cloud.weightsOf(service);
    const past = this.#cloud.during(boundMs);
    for (const colour of colours) {
      if (weights[colour] <= before[colour]) continue;
      const healthy = (c: Colour) => (v: View) => (v.services[service]?.[c].healthy ?? 0) > 0;
      if (!past.some(healthy(colour)) && past.every(healthy(otherColour(colour))))
        this.#violated(`${service} ${colour} was given ${weights[colour]}% with no healthy capacity`);
    }
    this.#handOverwritten(service, weights);
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
    const serving = this.#cloud
      .during(boundMs)
      .every((v) => (v.weights[service]?.production[colour as Colour] ?? 0) > 0);
    const runs = this.#cloud.service(name).view();
    this.#leftBehind(service, colour as Colour, desired);
    const harmful = desired === 0 || runs.taskDefinition !== taskDefinition;
    const live = this.document().services[service]?.live;
    if (serving && harmful && runs.healthy > 0 && live !== undefined)
      this.#violated(`${name} was changed or stopped while it served`);
    this.#countOverwritten(name, desired);
  }

  /** No request may be routed to a colour without tasks while the other could answer it. */
  #leftBehind(service: string, colour: Colour, desired: number): void {
    if (desired > 0 || this.#cloud.byHand.has(service) || this.#cloud.weightsOf(service)[colour] > 0) return;
    const routed = this.#cloud.routed(service, colour);
    const other = this.#cloud.service(`${service}-${otherColour(colour)}`).view();
    if (routed > 0 && other.healthy > 0)
      this.#violated(`${service}-${colour} was stopped while a node still sent it ${routed}% of its requests`);
  }

  /** A count a hand gave the live colour is left alone by everything but a repair. */
  #countOverwritten(name: string, desired: number): void {
    const hand = this.#cloud.countsByHand.get(name);
    this.#cloud.countsByHand.delete(name);
    const [, service = "", colour] = /^(.+)-(blue|green)$/.exec(name) ?? [];
    // Whoever goes on with a repair that was cut short repairs as well.
    if (!hand || hand.desired === desired || this.#repairing() || this.#now() - hand.at < boundMs) return;
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
      if (past.every((v) => (v.weights[name]?.production[other] ?? 0) > 0))
        this.#violated(`a contract migration ran while ${name} ${other} had weight`);
      const until = release.warmUntil === undefined ? 0 : Date.parse(release.warmUntil);
      if (release[other] && until > this.#now() + mostSkewMs)
        this.#violated(`a contract migration ran while ${name} ${other} was kept for a rollback`);
    }
  }

  /** What of the ledger's live colours has not all the weight or does not run; nothing of it when success may be said. */
  #notServing(): string[] {
    const past = this.#cloud.during(boundMs);
    return Object.entries(this.document().services).flatMap(([name, release]) => {
      const { live } = release;
      const deployed = live && release[live];
      if (!live || !deployed) return [`the ledger has nothing live for ${name}`];
      const does = past.some((v) => serves(v, name, live, deployed.taskDefinitionArn));
      return does ? [] : [`${name} ${live} does not serve what the ledger says`];
    });
  }

  #versions(): string[] {
    return Object.values(this.document().services).flatMap((s) => (s.live ? (s[s.live]?.version ?? []) : []));
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
    return parseReleaseDocument(item && String(item["document"]));
  }

  #violated(what: string): void {
    this.say(`VIOLATION ${what}`);
    this.violations.push(what);
  }
}

function serves(view: View, name: string, live: Colour, taskDefinition: string): boolean {
  const colour = view.services[name]?.[live];
  const weights = view.weights[name]?.production;
  return (
    weights !== undefined &&
    sameWeights(weights, allOn(live)) &&
    colour?.taskDefinition === taskDefinition &&
    colour.running > 0
  );
}

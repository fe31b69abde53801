import { stage } from "../../../automation/deploy/act/stage.ts";
import type { Session } from "../../../automation/deploy/conduct/session.ts";
import { explainOperation } from "../../../automation/deploy/decide/explain.ts";
import { readJournal, readOperations } from "../../../automation/ledger/journal.ts";
import type { OpenStack } from "../../../automation/stacks/open.ts";
import type { Surroundings } from "../../../automation/surroundings.ts";
import { type EnvironmentConfig, environmentConfig } from "../../../programs/config.ts";
import { SwitchyardError } from "../../../programs/errors.ts";
import { parseReleaseDocument, stagedMigrateImage } from "../../../programs/release.ts";
import { MemoryTable } from "../memory-table.ts";
import { awsOf } from "./aws.ts";
import { SimulatedCloud } from "./cloud.ts";
import { type Ended, play } from "./commands.ts";
import { DriverProcess, deadlineMs, leaseMs, pace, tableOf } from "./driver.ts";
import { Watch } from "./invariants.ts";
import { beginWithV1, outputsOf } from "./program.ts";
import type { Command, DriverPlan, Schedule } from "./schedule.ts";
import { randomOf, VirtualTime } from "./time.ts";

/** No schedule needs more events than this; one that does goes on for ever. */
const mostEvents = 60_000;
/** Commands a person may need, once all is calm, until the version asked for serves. */
const mostReruns = 8;

export interface WorldReport {
  readonly ended: readonly (Ended & { readonly command: string })[];
  readonly violations: readonly string[];
  readonly log: readonly string[];
  readonly events: number;
}

/** Plays one schedule: first its drivers, all at once, with everything that goes wrong; then calm, until a deploy is through. */
export async function playSchedule(schedule: Schedule, tamper?: (ledger: MemoryTable) => void): Promise<WorldReport> {
  const world = new World(schedule, tamper);
  const { random } = Math;
  const { timeout } = AbortSignal;
  Math.random = randomOf(schedule.seed);
  AbortSignal.timeout = (ms) => world.timeout(ms);
  try {
    await world.play();
    return await world.report();
  } finally {
    Math.random = random;
    AbortSignal.timeout = timeout;
  }
}

class World {
  readonly #schedule: Schedule;
  readonly #tamper: ((ledger: MemoryTable) => void) | undefined;
  readonly #time = new VirtualTime();
  readonly #table = new MemoryTable();
  readonly #cloud: SimulatedCloud;
  readonly #watch: Watch;
  readonly #config: EnvironmentConfig;
  readonly #ended: (Ended & { command: string })[] = [];
  readonly #shares: () => number;
  readonly #batches = new WeakMap<AbortSignal, { readonly all: (() => void)[]; readonly sent: Promise<void> }>();
  #firing = false;
  #calm = false;

  /** @param tamper What a hand does to the ledger once the drivers of the schedule are through, or dead. */
  constructor(schedule: Schedule, tamper?: (ledger: MemoryTable) => void) {
    this.#schedule = schedule;
    this.#tamper = tamper;
    const names = ["web", "api"].slice(0, schedule.services);
    const behaviour = (version: string) => (version === "v3" && !this.#calm ? schedule.v3 : "ok");
    const late = randomOf(schedule.seed + 3);
    const lag = () => late() * (schedule.lagMs ?? 0);
    const { routes, portsMove } = schedule;
    const random = randomOf(schedule.seed + 1);
    this.#cloud = new SimulatedCloud(this.#time, names, random, behaviour, lag, routes, portsMove);
    this.#watch = new Watch(this.#cloud, this.#table, () => this.#time.now);
    this.#shares = randomOf(schedule.seed + 2);
    const service = (name: string, order: number) => [
      name,
      {
        ...{ path: `/${name}`, priority: 100 + order },
        desiredCount: 2,
        minCapacity: 1,
        maxCapacity: 4,
        order,
        healthCheck: { path: `/${name}` },
      },
    ];
    this.#config = environmentConfig("production", {
      tier: "development",
      services: Object.fromEntries(names.map((name, i) => service(name, i))),
    });
    if (!schedule.fresh) beginWithV1(this.#cloud, this.#table, this.#time.now);
  }

  timeout(ms: number): AbortSignal {
    const controller = new AbortController();
    this.#time.after(ms, () => controller.abort());
    return controller.signal;
  }

  async play(): Promise<void> {
    try {
      await this.#chaos();
      this.#tamper?.(this.#table);
      await this.#settle();
    } catch (error) {
      this.#watch.violations.push(String(error));
    }
  }

  async #chaos(): Promise<void> {
    const { drivers, hands, handCounts, flaps, alarmAtMs } = this.#schedule;
    const name = (i: number) => this.#cloud.names[i % this.#cloud.names.length] as string;
    for (const { atMs, service, weights } of hands)
      this.#time.after(atMs, () => {
        this.#watch.say(`a hand sets ${name(service)} blue ${weights.blue} green ${weights.green}`);
        this.#cloud.handSets(name(service), weights);
      });
    for (const { atMs, service, colour, desired } of handCounts)
      this.#time.after(atMs, () => {
        this.#watch.say(`a hand sets ${name(service)} ${colour} × ${desired}`);
        this.#cloud.handCounts(`${name(service)}-${colour}`, desired);
      });
    for (const { atMs, service, colour, targets, forMs } of flaps) {
      const flapping = () => this.#cloud.service(`${name(service)}-${colour}`);
      this.#time.after(atMs, () => flapping().flap(targets));
      this.#time.after(atMs + forMs, () => flapping().flap(-targets));
    }
    if (alarmAtMs !== undefined) {
      this.#time.after(alarmAtMs, () => this.#fire(true));
      this.#time.after(alarmAtMs + 60_000, () => this.#fire(false));
    }
    await this.#play(drivers);
  }

  /** No fault any more: whatever state was left, the commands a person has lead to the version asked for. */
  async #settle(): Promise<void> {
    this.#calm = true;
    await this.#wait(900_000);
    let command: Command = { kind: "deploy", version: "v3", strategy: { kind: "all-at-once" }, approval: false };
    const wanted = command;
    for (let i = 0; i < mostReruns; i++) {
      this.#watch.say(`calm: ${command.kind}`);
      await this.#play([{ command, startMs: 0, skewMs: 0, faults: [], pauses: [] }]);
      const last = this.#ended.at(-1);
      if (command === wanted && (last?.outcome === "succeeded" || last?.outcome === "unchanged")) return;
      // What serves and was never released can only be adopted: there is nothing to put it back to.
      const unknown: boolean = command.kind === "repair" && last?.outcome === "failed";
      command = last?.outcome === "drift" ? { kind: "repair" } : unknown ? { kind: "adopt" } : wanted;
    }
    this.#watch.violations.push(`not settled by ${mostReruns} commands without a fault`);
  }

  async report(): Promise<WorldReport> {
    // A ledger that was tampered with is not to be read any more.
    const operations = this.#tamper ? [] : await readOperations(this.#table);
    const decisions = [];
    for (const { operation, goal } of operations) {
      const entries = await readJournal(this.#table, operation);
      decisions.push(...explainOperation(goal, entries).map((e) => ({ operation, ...e })));
    }
    this.#watch.over(decisions);
    const { violations, log } = this.#watch;
    return { ended: this.#ended, violations, log, events: this.#time.fired };
  }

  #fire(firing: boolean): void {
    this.#firing = firing;
  }

  async #wait(ms: number): Promise<void> {
    let over = false;
    this.#time.after(ms, () => {
      over = true;
    });
    await this.#time.run(() => over, mostEvents);
  }

  async #play(plans: readonly DriverPlan[]): Promise<void> {
    const processes = plans.map((plan, i) => new DriverProcess(this.#time, plan, this.#schedule.seed + 10 + i));
    let settled = 0;
    processes.forEach((process) => {
      this.#time.after(process.plan.startMs, () => {
        void this.#command(process).then((ended) => {
          settled += 1;
          this.#watch.say(`${process.plan.command.kind} ended: ${ended.outcome}`);
          this.#ended.push({ command: process.plan.command.kind, ...ended });
        });
      });
    });
    const over = () => settled + processes.filter((p) => p.dead).length >= processes.length;
    await this.#time.run(over, mostEvents);
  }

  async #command(process: DriverProcess): Promise<Ended> {
    const { command } = process.plan;
    try {
      return await play(this.#session(process), this.#config, command);
    } catch (error) {
      if (error instanceof SwitchyardError) {
        this.#watch.say(error.message);
        return { outcome: error.code };
      }
      const { name, message } = error as Error;
      if (/ThrottlingException|TimeoutError|AbortError|InternalFailure/.test(name)) return { outcome: name };
      this.#watch.violations.push(`${command.kind} failed with ${name}: ${message}`);
      this.#watch.say(String((error as Error).stack));
      return { outcome: name };
    }
  }

  #session(process: DriverProcess): Session {
    const aws = awsOf(process, {
      cloud: this.#cloud,
      watch: this.#watch,
      staleMs: this.#calm ? 0 : this.#schedule.staleMs,
      alarm: () => this.#firing,
    });
    const table = tableOf(process, this.#table, (item) => this.#watch.ledger(process, item));
    const wake = new AbortController();
    const { interruptMs } = process.plan;
    if (interruptMs !== undefined) process.deliver(this.#time.now + interruptMs, () => wake.abort());
    return {
      where: surroundings,
      stack: "production",
      aws,
      table,
      clock: process.clock,
      report: () => undefined,
      interrupted: () => (wake.signal.aborted ? { kind: "abort", by: "Ctrl-C", at: "2026-01-05" } : undefined),
      wake: wake.signal,
      stage: (mutation, lease) =>
        stage(mutation, {
          table,
          lease,
          open: async () => this.#openStack(process),
          events: {},
          recovery: { aws, clock: process.clock, tell: () => undefined },
        }),
      fetch: ((url: URL | string, init?: RequestInit) => this.#fetch(process, String(url), init)) as typeof fetch,
    };
  }

  async #fetch(process: DriverProcess, url: string, init: RequestInit = {}): Promise<Response> {
    const { pathname } = new URL(url);
    const preview = new Headers(init.headers).get("x-switchyard-preview") === "preview-secret";
    let release: string | undefined;
    const arrives = () => {
      release = this.#cloud.answer(pathname, preview, this.#shares());
    };
    await this.#together(process, url, arrives, init.signal ?? undefined);
    return release === undefined
      ? new Response("", { status: 503 })
      : new Response("", { status: 200, headers: { "x-release": release } });
  }

  /** Requests sent at once under one signal travel together: hundreds of samples are a few calls that faults can hit. */
  #together(process: DriverProcess, url: string, arrives: () => void, signal?: AbortSignal): Promise<void> {
    const known = signal && this.#batches.get(signal);
    const all = known?.all ?? [];
    all.push(arrives);
    if (known) return known.sent;
    const sent = process.call(() => all.splice(0).forEach((one) => void one()), { name: `GET ${url}`, signal });
    if (signal) this.#batches.set(signal, { all, sent });
    return sent;
  }

  /** The program as the engine runs it: registers what the release document stages, and says what exists. */
  #openStack(process: DriverProcess): OpenStack {
    const up = () =>
      process.call(
        () => {
          const item = this.#table.peek("release");
          const document = parseReleaseDocument(item && String(item["document"]));
          this.#cloud.database.version = stagedMigrateImage(document)?.version ?? "v1";
          const outputs = outputsOf(this.#cloud, document);
          this.#watch.updated();
          return { outputs, summary: {} };
        },
        { name: "up", limitMs: 60_000 },
      );
    const preview = () => process.call(() => ({ changeSummary: {} }), { name: "preview", limitMs: 60_000 });
    const exportStack = () => process.call(() => ({ version: 3, deployment: {} }), { name: "export", limitMs: 60_000 });
    const importStack = () => process.call(() => undefined, { name: "import", limitMs: 60_000 });
    const stack = { preview, up, exportStack, importStack };
    const pack = { env: {}, prepare: () => undefined };
    return { name: "production", values: {}, stack, pack, refusal: () => undefined } as unknown as OpenStack;
  }
}

const surroundings = {
  name: "aws",
  pace,
  leaseMs,
  deadlineMs,
  propagationMs: 60_000,
} as unknown as Surroundings;

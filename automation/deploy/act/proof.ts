import { SwitchyardError } from "../../../programs/errors.ts";
import { isRequestPath } from "../../../programs/request-path.ts";
import { covers } from "../../../programs/routes.ts";
import type { SmokeCheck } from "../../../programs/service-config.ts";
import type { Clock } from "../../clock.ts";
import type { Probe, StepResult } from "../decide/decision.ts";
import { type Sample, samplesFor, wrongShare } from "../decide/share.ts";
import type { EnvironmentShape } from "../observe/shape.ts";

export interface ProofOptions {
  readonly clock: Clock;
  readonly fetch: typeof fetch;
  readonly shape: EnvironmentShape;
  /** Smoke checks by service. */
  readonly checks: Readonly<Record<string, readonly SmokeCheck[]>>;
  /** Answers in a row that have to be right: the release's fingerprint, and each smoke check. */
  readonly consecutive: number;
  /** Value of the preview header; asked for only when a preview is proven. */
  readonly previewSecret: () => Promise<string>;
  /** How long weights and listeners may take to take effect, in milliseconds. */
  readonly propagationMs: number;
  readonly signal: AbortSignal;
}

/** Wrong answers that end a smoke check. The first may be the cold start of what was never asked before: it counts anew. */
const mostFailures = 2;
/** Samples of a share asked for at once: a quarter of a thousand take as long as ten requests. */
const samplesAtOnce = 25;
const requestTimeoutMs = 10_000;
/** Between questions to nodes that do not know of a rule yet, in milliseconds. */
const nodePauseMs = 100;

/** Proves through the load balancer, as a user would, that what answers is what should. */
export async function prove(probe: Probe, options: ProofOptions): Promise<StepResult> {
  try {
    if (probe.kind === "prove-preview") await provePreview(probe, options);
    else if (probe.kind === "prove-left") await proveLeft(probe, options);
    else await proveTraffic(probe, options);
    return { ok: true };
  } catch (error) {
    if (!(error instanceof Unproven)) throw error;
    const isSoft = probe.kind !== "prove-preview" && probe.soft === true;
    return isSoft ? { ok: true, unproven: error.message } : { ok: false, problem: error.message };
  }
}

type WithTarget = Extract<Probe, { target: unknown }>;

class Unproven extends Error {}
/** A release answers that nobody expects. */
class Stranger extends Unproven {}

async function provePreview(probe: Extract<Probe, { kind: "prove-preview" }>, options: ProofOptions): Promise<void> {
  const { shape, checks } = options;
  const header = { [shape.previewHeader.name]: await options.previewSecret() };
  const url = urlOf(shape, askedAt(shape, probe));
  const deadline = options.clock.now() + options.propagationMs;
  await untilDeadline(options, async () => {
    for (let i = 0; i < options.consecutive; i++)
      await expectRelease(options, url, header, probe.target.release, probe.service);
  });
  const own = (checks[probe.service] ?? []).filter(({ path }) => !isAnothers(shape.services, probe.service, path));
  const smokes = own.map((check) => smoke({ ...options, deadline }, check, header, probe));
  await Promise.all(smokes);
}

async function proveTraffic(probe: Extract<Probe, { kind: "prove-traffic" }>, options: ProofOptions): Promise<void> {
  const url = urlOf(options.shape, askedAt(options.shape, probe));
  return probe.percent >= 100 ? proveWhole(probe, url, options) : proveShare(probe, url, options);
}

/** Where a release answers: at its health check, where its route takes that and no other service's does. */
function askedAt({ services }: EnvironmentShape, { service, target }: Pick<WithTarget, "service" | "target">): string {
  if (!target.setup) return services[service]?.healthCheckPath ?? "/";
  const { group, route } = target.setup;
  const { path } = group.healthCheck;
  return covers(route.path, pathOf(path)) && !isAnothers(services, service, path) ? path : route.path;
}

/** True for a path below the service's own that another service has, which answers it in every version of this one. */
function isAnothers(services: EnvironmentShape["services"], service: string, path: string): boolean {
  const mine = services[service]?.path ?? "/";
  const isBelow = (theirs: string) => theirs !== mine && covers(mine, theirs);
  return Object.values(services).some((other) => isBelow(other.path) && covers(other.path, pathOf(path)));
}

function pathOf(url: string): string {
  return url.replace(/[?#].*$/, "");
}

/** What was left is answered by whom it should be, several times in a row. */
async function proveLeft(
  { service, path, release, by }: Extract<Probe, { kind: "prove-left" }>,
  options: ProofOptions,
) {
  const url = urlOf(options.shape, path);
  await untilDeadline(options, async () => {
    for (let i = 0; i < options.consecutive; i++) {
      const answer = await get(options, url, {});
      if (answer.release === release) throw new Unproven(`${service}: ${url} is still answered by release ${release}`);
      if (by === null && answer.release !== null)
        throw new Unproven(`${service}: ${url} is answered by release ${answer.release}, and should be by nobody`);
      if (typeof by === "string") expectAnswer(answer, [by], service);
    }
  });
}

/** Judges the newest samples; while they are not as the weights say, a few more are asked for in place of the oldest. */
async function proveShare(
  probe: Extract<Probe, { kind: "prove-traffic" }>,
  url: string,
  options: ProofOptions,
): Promise<void> {
  const wanted = samplesFor(probe.percent);
  const { clock, propagationMs, signal } = options;
  const deadline = clock.now() + propagationMs;
  let samples: readonly Sample[] = [];
  const more = async () => {
    const timeout = AbortSignal.timeout(requestTimeoutMs);
    const asked = Array.from({ length: samplesAtOnce }, () => sample(probe, url, options, timeout));
    samples = [...samples, ...(await Promise.all(asked))].slice(-wanted);
  };
  while (samples.length < wanted && clock.now() < deadline && !signal.aborted) await more();
  await untilDeadline({ ...options, propagationMs: deadline - clock.now() }, async () => {
    const wrong = wrongShare(samples, probe.percent);
    if (wrong === undefined && samples.length === wanted) return;
    await more();
    throw new Unproven(`${probe.service}: ${wrong ?? `only ${samples.length} of ${wanted} samples answered in time`}`);
  });
}

async function sample(
  { target, others, service }: Extract<Probe, { kind: "prove-traffic" }>,
  url: string,
  options: ProofOptions,
  timeout: AbortSignal,
): Promise<Sample> {
  try {
    const answer = await get(options, url, {}, timeout);
    expectAnswer(answer, [target.release, ...others], service);
    return { release: answer.release === target.release ? "new" : "old" };
  } catch (error) {
    if (!(error instanceof Unproven)) throw error;
    return { failed: error.message.replace(`${service}: `, ""), stranger: error instanceof Stranger };
  }
}

/** Asks at once for as many answers as are missing; in the order in which they were asked for, they have to be right in a row. */
async function proveWhole({ service, target }: WithTarget, url: string, options: ProofOptions): Promise<void> {
  let row = 0;
  await untilDeadline(options, async () => {
    const signal = AbortSignal.timeout(requestTimeoutMs);
    const missing = Array.from({ length: options.consecutive - row }, () => get(options, url, {}, signal));
    let wrong: unknown;
    for (const asked of await Promise.allSettled(missing))
      try {
        if (asked.status === "rejected") throw asked.reason;
        expectAnswer(asked.value, [target.release], service);
        row += 1;
      } catch (error) {
        wrong = error;
        row = 0;
      }
    if (wrong) throw wrong;
  });
}

/** Weights take effect in a moment, not at once: a proof may fail until then, and only then counts. */
async function untilDeadline(
  { clock, propagationMs, signal }: ProofOptions,
  attempt: () => Promise<void>,
): Promise<void> {
  const deadline = clock.now() + propagationMs;
  for (let pause = 1; ; pause = Math.min(pause * 2, 1000)) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof Unproven) || clock.now() + pause >= deadline || signal.aborted) throw error;
      await clock.sleep(pause, signal);
    }
  }
}

interface Answer {
  readonly url: string;
  readonly status: number;
  readonly release: string | null;
  readonly body: string;
  readonly ms: number;
}

async function expectRelease(
  options: ProofOptions,
  url: string,
  header: Record<string, string>,
  release: string,
  service: string,
): Promise<void> {
  expectAnswer(await get(options, url, header), [release], service);
}

function expectAnswer(answer: Answer, releases: readonly string[], service: string): void {
  if (answer.status >= 500) throw new Unproven(`${service}: ${answer.url} answered ${answer.status}`);
  expectIs(answer, releases, service);
}

function expectIs(answer: Answer, releases: readonly string[], service: string): void {
  if (answer.release === null || !releases.includes(answer.release))
    throw new Stranger(`${service}: ${answer.url} answered release ${answer.release ?? "(none)"}, not ${releases[0]}`);
}

/**
 * One check, until it was right so many times in a row. Until the deadline, what another release answers says nothing of
 * this one: a node of the load balancer has not learned of the rule yet, whatever others answered before.
 */
async function smoke(
  options: ProofOptions & { readonly deadline: number },
  check: SmokeCheck,
  header: Record<string, string>,
  { service, target }: Extract<Probe, { kind: "prove-preview" }>,
): Promise<void> {
  const { clock, deadline, signal } = options;
  for (let row = 0, failures = 0; row < options.consecutive; ) {
    if (signal.aborted) throw new Unproven(`${service}: smoke check ${check.path} was interrupted`);
    try {
      const answer = await get(options, urlOf(options.shape, check.path), header);
      if (clock.now() < deadline) expectIs(answer, [target.release], service);
      judge(answer, check, service);
      expectIs(answer, [target.release], service);
      row += 1;
    } catch (error) {
      if (!(error instanceof Unproven)) throw error;
      row = 0;
      if (error instanceof Stranger && clock.now() < deadline) await clock.sleep(nodePauseMs, signal);
      else if (++failures >= mostFailures) throw error;
    }
  }
}

function judge(answer: Answer, check: SmokeCheck, service: string): void {
  const where = `${service}: smoke check ${check.path}`;
  if (answer.status !== check.status) throw new Unproven(`${where} answered ${answer.status}, not ${check.status}`);
  if (check.bodyIncludes !== undefined && !answer.body.includes(check.bodyIncludes))
    throw new Unproven(`${where}: the body does not hold "${check.bodyIncludes}"`);
  if (answer.ms > check.maxMs)
    throw new Unproven(`${where} took ${Math.round(answer.ms)} ms, more than ${check.maxMs} ms`);
}

async function get(
  options: ProofOptions,
  url: string,
  headers: Record<string, string>,
  signal = AbortSignal.timeout(requestTimeoutMs),
): Promise<Answer> {
  const started = options.clock.now();
  try {
    const answer = await options.fetch(url, { headers, redirect: "manual", signal });
    const body = await answer.text();
    return {
      url,
      status: answer.status,
      release: answer.headers.get("x-release"),
      body,
      ms: options.clock.now() - started,
    };
  } catch (error) {
    const cause = (error as { cause?: { code?: string } }).cause?.code ?? (error as Error).message;
    throw new Unproven(`${url} did not answer (${cause})`);
  }
}

/**
 * Where a path of the environment is asked for. With the preview secret: no path may lead to another origin.
 *
 * @throws SwitchyardError `invalid-config` when it is not a path.
 */
export function urlOf({ url }: Pick<EnvironmentShape, "url">, path: string): string {
  if (isRequestPath(path)) return `${new URL(url).origin}${path}`;
  throw new SwitchyardError("invalid-config", {
    what: "it is not a path below the environment's own address",
    where: `path ${JSON.stringify(path)}`,
    fix: "begin it with one slash, and leave out //, . and ..",
  });
}

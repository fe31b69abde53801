/**
 * The same two versions under the same load, switched three ways: by the driver's rollback, by a bare ModifyRule, and by
 * HAProxy's runtime API. The targets are the tasks of the environment's service web.
 */
import { ElasticLoadBalancingV2 } from "@aws-sdk/client-elastic-load-balancing-v2";
import { surroundings } from "../automation/choose-surroundings.ts";
import { readShape } from "../automation/deploy/act/stage.ts";
import { openAws, openTable } from "../automation/deploy/conduct/session.ts";
import type { EnvironmentShape, ServiceShape } from "../automation/deploy/observe/shape.ts";
import { readRelease } from "../automation/ledger/release.ts";
import { type Colour, colours } from "../programs/release.ts";
import { haproxyVersion, startHaproxy } from "./haproxy.ts";
import { type LoadSeen, startLoad } from "./load.ts";
import { type BenchResult, median, type Row } from "./measure.ts";
import type { BenchSandbox } from "./sandbox.ts";

const connections = 16;
const switches = 6;
/** Between switches, so that the load is answered by one version for a while. */
const pauseMs = 700;
const path = "/healthz";

interface Way {
  readonly name: string;
  readonly url: string;
  /** Sends all traffic to the other version, and answers when one request was answered by it. */
  readonly switchOver: (to: Colour) => Promise<number>;
}

export async function balancers(sandbox: BenchSandbox): Promise<BenchResult> {
  const aws = await openAws(await surroundings(), "sandbox");
  const table = openTable(aws, "sandbox");
  const elb = new ElasticLoadBalancingV2({});
  try {
    await otherColour(sandbox, table);
    const shape = (await readShape(table)) as EnvironmentShape;
    const web = shape.services["web"] as ServiceShape;
    const live = (await readRelease(table)).services["web"]?.live ?? "blue";
    const groups = await Promise.all(colours.map((colour) => targets(elb, web[colour].targetGroupArn)));
    const rows: Row[] = [];
    const details: Record<string, unknown> = {};
    for (const way of [driven(sandbox, shape), bare(elb, web, shape), undefined]) {
      const haproxy = way === undefined ? await proxied(groups, live) : undefined;
      const chosen = way ?? haproxy?.way;
      if (chosen === undefined) {
        rows.push({ what: "HAProxy", value: Number.NaN, unit: "ms", note: "haproxy not present" });
        continue;
      }
      const taken = await measured(chosen, live);
      await haproxy?.stop();
      rows.push(...rowsOf(chosen.name, taken));
      details[chosen.name] = taken;
    }
    return { bench: "balancers", rows, details };
  } finally {
    elb.destroy();
    aws.close();
  }
}

/** A second version to switch to: where the bench of releases did not deploy it, it is deployed now. */
async function otherColour(sandbox: BenchSandbox, table: ReturnType<typeof openTable>): Promise<void> {
  const { services } = await readRelease(table);
  if (services["web"]?.green === undefined)
    await sandbox.run(["deploy", "sandbox", "--tag", "v2", "--strategy", "all-at-once", "--keep-warm", "24h"]);
}

async function measured(way: Way, live: Colour): Promise<{ ms: number[]; load: LoadSeen }> {
  const load = await startLoad(new URL(path, way.url).href, connections);
  const ms: number[] = [];
  let to = live;
  for (let i = 0; i < switches; i++) {
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
    to = to === "blue" ? "green" : "blue";
    ms.push(await way.switchOver(to));
  }
  await new Promise((resolve) => setTimeout(resolve, pauseMs));
  return { ms, load: await load.stop() };
}

function rowsOf(name: string, { ms, load }: { ms: readonly number[]; load: LoadSeen }): Row[] {
  return [
    { what: `${name}: switch`, value: median(ms), unit: "ms" },
    { what: `${name}: failed requests`, value: load.failed, unit: "requests", limit: 0, note: `of ${load.requests}` },
    { what: `${name}: throughput`, value: load.requests / load.seconds, unit: "requests/s" },
    { what: `${name}: 99th percentile`, value: load.p99Ms, unit: "ms" },
  ];
}

function driven(sandbox: BenchSandbox, { url }: EnvironmentShape): Way {
  return {
    name: "switchyard rollback, two services",
    url,
    switchOver: async () => (await sandbox.release(["rollback", "sandbox"], "record that")).untilMs ?? Number.NaN,
  };
}

/** Writes what the ledger does not know of, and an even number of times: in the end the rule is as it was. */
function bare(elb: ElasticLoadBalancingV2, web: ServiceShape, { url }: EnvironmentShape): Way {
  return {
    name: "bare ModifyRule, one service",
    url,
    switchOver: (to) =>
      timed(url, () =>
        elb.modifyRule({
          RuleArn: web.ruleArn,
          Actions: [
            {
              Type: "forward",
              ForwardConfig: {
                TargetGroups: colours.map((colour) => ({
                  TargetGroupArn: web[colour].targetGroupArn,
                  Weight: colour === to ? 100 : 0,
                })),
              },
            },
          ],
        }),
      ),
  };
}

async function proxied(groups: readonly (readonly string[])[], live: Colour) {
  const version = haproxyVersion();
  if (version === undefined) return undefined;
  const ordered = live === "blue" ? groups : [...groups].reverse();
  const proxy = await startHaproxy(version, ordered);
  const way: Way = {
    name: `HAProxy ${version}`,
    url: proxy.url,
    switchOver: (to) => timed(proxy.url, () => proxy.switchTo(to === live ? 0 : 1)),
  };
  return { way, stop: () => proxy.stop() };
}

/** From before the change until a request is answered by another version than before it. */
async function timed(url: string, change: () => Promise<unknown>): Promise<number> {
  const before = await versionAt(url);
  const started = performance.now();
  await change();
  const until = started + 10_000;
  while ((await versionAt(url)) === before)
    if (performance.now() > until) throw new Error(`${url} still answers ${before} 10 s after the switch`);
  return performance.now() - started;
}

async function versionAt(url: string): Promise<string | null> {
  const answer = await fetch(new URL(path, url));
  await answer.text();
  return answer.headers.get("x-version");
}

async function targets(elb: ElasticLoadBalancingV2, TargetGroupArn: string): Promise<readonly string[]> {
  const { TargetHealthDescriptions = [] } = await elb.describeTargetHealth({ TargetGroupArn });
  return TargetHealthDescriptions.flatMap(({ Target, TargetHealth }) =>
    TargetHealth?.State === "healthy" ? [`${Target?.Id}:${Target?.Port}`] : [],
  );
}

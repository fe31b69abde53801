import assert from "node:assert/strict";
import { ApplicationAutoScaling } from "@aws-sdk/client-application-auto-scaling";
import { DynamoDB } from "@aws-sdk/client-dynamodb";
import { ECS } from "@aws-sdk/client-ecs";
import { ElasticLoadBalancingV2 } from "@aws-sdk/client-elastic-load-balancing-v2";
import { ledgerTableName } from "../../automation/deploy/conduct/session.ts";
import { readRelease } from "../../automation/ledger/release.ts";
import { colours, type ReleaseDocument } from "../../programs/release.ts";
import { eventually } from "../support/cloud.ts";
import { assertServes, liveVersion } from "../support/release/converged.ts";
import { stack, useReleases } from "../support/release/sandbox.ts";

const dynamodb = new DynamoDB({});
const ecs = new ECS({});
const elb = new ElasticLoadBalancingV2({});
const scaling = new ApplicationAutoScaling({});

/** Through the command line, on an environment that serves users all the time. */
describe("a hand on what serves", function () {
  this.timeout(300_000);
  this.retries(0);
  const sandbox = useReleases();

  async function run(...args: readonly string[]): Promise<{ code: number | null; output: string }> {
    return sandbox()
      .drive(...args)
      .ended();
  }
  async function expects(code: number, text: RegExp, ...args: readonly string[]): Promise<void> {
    const ended = await run(...args);
    assert.equal(ended.code, code, `${args.join(" ")}\n${ended.output}`);
    assert.match(ended.output, text, args.join(" "));
  }
  const deploys = (tag: string) =>
    expects(0, /serves 100%|already serves/, "deploy", stack, "--tag", tag, "--strategy", "all-at-once");

  before("v1 has served after v2", () => deploys("v2"));
  beforeEach("v1 serves", async () => {
    await deploys("v1");
    sandbox().startLoad();
  });
  afterEach("no request failed", () => sandbox().stopLoad());

  async function write(document: ReleaseDocument | undefined): Promise<void> {
    const Key = { stack: { S: stack }, item: { S: "release" } };
    if (document === undefined) await dynamodb.deleteItem({ TableName: ledgerTableName, Key });
    else {
      const revision = { N: String(document.revision) };
      const Item = { ...Key, document: { S: JSON.stringify(document) }, revision };
      await dynamodb.putItem({ TableName: ledgerTableName, Item });
    }
  }

  const without = (document: ReleaseDocument, change: (name: string) => object | undefined): ReleaseDocument => ({
    ...document,
    services: Object.fromEntries(
      Object.keys(document.services).flatMap((name) => {
        const kept = change(name);
        return kept ? [[name, kept]] : [];
      }),
    ),
  });

  /** What it says of what serves: the rest may be newer. */
  const live = ({ services }: ReleaseDocument) =>
    Object.entries(services)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, service]) => {
        const { deployedAt: _, migrations, ...deployed } = (service.live && service[service.live]) ?? ({} as never);
        return { name, live: service.live, ...deployed, migrations: [...migrations].sort() };
      });

  const lost: Readonly<Record<string, (whole: ReleaseDocument) => ReleaseDocument | undefined>> = {
    "is deleted": () => undefined,
    "has lost what is live": (whole) => without(whole, (name) => ({ ...whole.services[name], live: undefined })),
  };
  for (const [what, lose] of Object.entries(lost))
    it(`nobody takes it for idle when the release document ${what}, and adopt writes it anew`, async () => {
      const whole = await readRelease(sandbox().table);
      await write(lose(whole));
      const says = /the release document does not say what serves: .*web on (blue|green)/;
      await expects(6, says, "deploy", stack, "--tag", "v2", "--strategy", "all-at-once");
      await expects(0, says, "status", stack);
      await expects(10, says, "drift", stack);
      await expects(10, says, "up", stack);
      await expects(9, says, "repair", stack);
      await expects(10, says, "rollback", stack);
      await expects(0, /record|what is/, "adopt", stack);
      const anew = await readRelease(sandbox().table);
      assert.deepEqual(live(anew), live(whole));
      assert.equal(anew.migrate?.live?.digest, whole.migrate?.live?.digest);
      await assertServes(sandbox(), "v1");
      await expects(0, /: no drift/, "drift", stack);
      await deploys("v2");
      await expects(0, /v1 serves 100%/, "rollback", stack);
    });

  it("another task definition is told, and repair puts back what was released", async () => {
    const { services } = await readRelease(sandbox().table);
    const { live: colour, ...web } = services["web"] ?? {};
    assert.ok(colour);
    const [released, other] = [web[colour], web[colours.find((c) => c !== colour) ?? "blue"]];
    const { clusterName: cluster } = sandbox().shape;
    const service = sandbox().shape.services["web"]?.[colour].serviceName;
    await ecs.updateService({ cluster, service, taskDefinition: other?.taskDefinitionArn });
    const says = new RegExp(`web ${colour} runs \\S+:\\d+, the ledger says \\S+:\\d+`);
    await expects(0, says, "status", stack);
    await expects(10, says, "drift", stack);
    await expects(0, /Done/, "repair", stack);
    const { services: now = [] } = await ecs.describeServices({ cluster, services: [service ?? ""] });
    assert.equal(now[0]?.taskDefinition, released?.taskDefinitionArn);
    await expects(0, /: no drift/, "drift", stack);
    assert.equal(liveVersion(await readRelease(sandbox().table)), "v1");
  });

  it("bounds of autoscaling, checks of a target group and settings of an ECS service are told, and repair puts them back", async () => {
    const { services } = await readRelease(sandbox().table);
    const { live: colour, scale } = services["web"] ?? {};
    assert.ok(colour && scale);
    const { clusterName } = sandbox().shape;
    const service = sandbox().shape.services["web"]?.[colour].serviceName ?? "";
    const ResourceId = `service/${clusterName}/${service}`;
    const target = { ServiceNamespace: "ecs", ScalableDimension: "ecs:service:DesiredCount" } as const;
    await scaling.registerScalableTarget({ ...target, ResourceId, MinCapacity: 0, MaxCapacity: scale.max });
    const TargetGroupArn = sandbox().shape.services["web"]?.[colour].targetGroupArn;
    await elb.modifyTargetGroup({ TargetGroupArn, UnhealthyThresholdCount: 9 });
    const idle = colours.find((one) => one !== colour) ?? "blue";
    const warm = sandbox().shape.services["web"]?.[idle];
    await elb.modifyTargetGroup({ TargetGroupArn: warm?.targetGroupArn, Matcher: { HttpCode: "200-399" } });
    const settings = async (of = service) => {
      const { services: [found] = [] } = await ecs.describeServices({ cluster: clusterName, services: [of] });
      const { networkConfiguration, deploymentConfiguration, healthCheckGracePeriodSeconds } = found ?? {};
      return { networkConfiguration, deploymentConfiguration, healthCheckGracePeriodSeconds };
    };
    const released = await settings();
    const kept = await settings(warm?.serviceName);
    await ecs.updateService({ cluster: clusterName, service: warm?.serviceName, healthCheckGracePeriodSeconds: 77 });
    const { subnets = [], ...network } = released.networkConfiguration?.awsvpcConfiguration ?? {};
    const one = { cluster: clusterName, service };
    await ecs.updateService({
      ...one,
      networkConfiguration: {
        awsvpcConfiguration: { ...network, subnets: subnets.slice(0, 1), assignPublicIp: "ENABLED" },
      },
    });
    // With nothing that must stay healthy, the hand's own roll would stop what serves first.
    await eventually(async () => {
      const { services: [found] = [] } = await ecs.describeServices({ cluster: clusterName, services: [service] });
      return found?.deployments?.length === 1 && found.deployments[0]?.rolloutState === "COMPLETED" ? true : undefined;
    }, 30_000);
    await ecs.updateService({
      ...{ ...one, healthCheckGracePeriodSeconds: 1 },
      deploymentConfiguration: {
        minimumHealthyPercent: 0,
        deploymentCircuitBreaker: { enable: false, rollback: false },
      },
    });
    const says = new RegExp(
      [
        `web ${colour} goes from 0 to ${scale.max}, the ledger says ${scale.min} to ${scale.max}`,
        `web ${colour}: unhealthyThreshold is 9`,
        "subnets is .*publicIp is ENABLED.*gracePeriodSeconds is 1,.*circuitBreaker is off.*minimumPercent is 0",
      ].join("[\\s\\S]*"),
    );
    const saysIdle = new RegExp(
      `the target group of web ${idle}: matcher is 200-399, not 200; the ECS service of web ${idle}: gracePeriodSeconds is 77,`,
    );
    await expects(0, saysIdle, "status", stack);
    await expects(0, says, "status", stack);
    await expects(10, says, "drift", stack);
    await expects(0, /set target groups as they were released[\s\S]*Done/, "repair", stack);
    const [group] = (await elb.describeTargetGroups({ TargetGroupArns: [TargetGroupArn ?? ""] })).TargetGroups ?? [];
    assert.notEqual(group?.UnhealthyThresholdCount, 9);
    assert.deepEqual(await settings(), released);
    const [other] =
      (await elb.describeTargetGroups({ TargetGroupArns: [warm?.targetGroupArn ?? ""] })).TargetGroups ?? [];
    assert.equal(other?.Matcher?.HttpCode, "200");
    assert.deepEqual(await settings(warm?.serviceName), kept);
    await assertServes(sandbox(), "v1");
    await expects(0, /: no drift/, "drift", stack);
  });
});

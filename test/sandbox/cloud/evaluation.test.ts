import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { allPrices } from "../../../automation/cost/prices.ts";
import { configuredServices } from "../../../automation/cost/resources.ts";
import { type StackConfig, switchyardValues } from "../../../automation/stacks/settings.ts";
import { type ConfigValues, environmentConfig } from "../../../programs/config.ts";
import { type Price, priceKey } from "../../../programs/cost/catalogue.ts";
import { estimate } from "../../../programs/cost/estimate.ts";
import { balancerType, type Priced, serviceType } from "../../../programs/cost/quantities.ts";
import { extract } from "../../../sandbox/cloud/pricing/extract.ts";
import { runEnvironment } from "../../programs/runs.ts";

const page = readFileSync(new URL("../../../docs/evaluation/bespoke-or-paas.md", import.meta.url), "utf8");

function valuesOf(stack: string): ConfigValues {
  const file = parse(readFileSync(new URL(`../../../Pulumi.${stack}.yaml`, import.meta.url), "utf8"));
  return switchyardValues((file as { config: StackConfig }).config);
}

/** Prices of the sandbox's extract, by the attributes that AWS's list would be asked for. */
function prices(instanceClass: string) {
  const found = allPrices(instanceClass).flatMap((name): [string, Price][] => {
    const { serviceCode, attributes, usage, per } = priceKey(name);
    const listed = extract.filter((one) => {
      const own: Readonly<Record<string, string>> = { ...one.attributes, usagetype: one.usagetype };
      const asked = Object.entries(attributes).every(([key, value]) => own[key] === value);
      return one.serviceCode === serviceCode && asked && one.usagetype.replace(/^[A-Z0-9]+-/, "").endsWith(usage);
    });
    assert.ok(listed.length <= 1, name);
    return listed.map(({ usd, published, page: at }) => [name, { usd: Number(usd), per, published, page: at }]);
  });
  return { region: "us-east-1", read: "2026-11-30", prices: Object.fromEntries(found) };
}

/** What awsx makes of a network, which the program's own run does not. */
function each(type: string, count: number, inputs: Priced["inputs"] = {}): readonly Priced[] {
  return Array.from({ length: count }, (_, index) => ({ type, name: `${index}`, inputs }));
}

async function monthOf(values: ConfigValues): Promise<number> {
  const config = environmentConfig("production", values);
  const { resources } = await runEnvironment(values, "production");
  const all = resources.types().flatMap((type) => resources.all(type));
  const zones = config.network.zones ?? (config.tier === "production" ? 3 : 2);
  const network = [
    ...each("aws:ec2/natGateway:NatGateway", config.tier === "production" ? zones : 1),
    ...each("aws:ec2/eip:Eip", config.tier === "production" ? zones : 1),
    ...each("aws:ec2/subnet:Subnet", zones, { mapPublicIpOnLaunch: true }),
  ];
  const own = all.filter(({ type }) => type !== serviceType && type !== balancerType);
  const priced = [...own, ...each(balancerType, 1), ...network, ...configuredServices(config.services)];
  const { maxMonthlyUsd: _, ...assumptions } = config.cost;
  return estimate(priced, prices(config.database.instanceClass), assumptions).usd;
}

describe("the evaluation of a platform as a service", () => {
  const large = valuesOf("production") as ConfigValues & {
    readonly database: object;
    readonly network: object;
    readonly services: Readonly<Record<string, object>>;
  };
  const two = { desiredCount: 2, minCapacity: 2 };
  const sizes: Readonly<Record<string, ConfigValues>> = {
    small: valuesOf("sandbox"),
    medium: {
      ...large,
      network: { ...large.network, zones: 2 },
      database: { ...large.database, instanceClass: "db.t4g.medium", storageGb: 50 },
      services: Object.fromEntries(Object.entries(large.services).map(([name, one]) => [name, { ...one, ...two }])),
    },
    large,
  };
  for (const [size, values] of Object.entries(sizes))
    it(`says what a ${size} environment costs here`, async () => {
      const said = Number(new RegExp(`^\\| ${size} \\|.*\\| at least (\\d+) \\|$`, "m").exec(page)?.[1]);
      const is = await monthOf(values);
      assert.ok(Math.abs(is - said) < 1, `the page says ${said}, it is ${is.toFixed(2)}`);
    });
});
